# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped models, and the plans that were built of them."""

from __future__ import annotations

import os

from fusion_perception.doctor.finding import OK, REMARK, WRONG, Finding
from fusion_perception.doctor.gpu_check import find_gpus
from fusion_perception.doctor.surroundings import Surroundings
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.engine.plan_cache import PlanCache
from fusion_perception.errors import ModelError
from fusion_perception.model_store import find_model, shipped_models


def check_models(at: Surroundings) -> list[Finding]:
    """Open every shipped model as a node would, and count the plans."""
    names = shipped_models()
    if not names:
        remedy = "git lfs pull in the source tree, or build the package again"
        return [Finding("models", WRONG, "no shipped model was found", remedy)]
    findings = []
    for name in names:
        try:
            metadata = open_model_file(find_model(name)).metadata
        except ModelError as error:
            findings.append(
                Finding(f"model {name}", WRONG, str(error), "git checkout -- models, or install the package again")
            )
            continue
        text = f"{metadata.height} x {metadata.width}, {metadata.precision}, {len(metadata.labels.names)} classes"
        findings.append(Finding(f"model {name}", OK, text))
    return [*findings, _plans(at, names[0] if "realtime" not in names else "realtime")]


def _plans(at: Surroundings, model: str) -> Finding:
    folder = PlanCache().folder
    plans = sorted(folder.glob("*.plan")) if folder.is_dir() else []
    megabytes = sum(path.stat().st_size for path in plans) / 1e6
    text = f"{len(plans)} in {folder} ({megabytes:.0f} MB)" if plans else f"none in {folder}"
    if folder.exists() and not os.access(folder, os.W_OK):
        remedy = f"sudo chown -R $USER '{folder}', or export FUSION_PERCEPTION_CACHE=FOLDER"
        return Finding("plans", REMARK, f"{text}, which cannot be written", remedy)
    if not plans and find_gpus(at)[0]:
        return Finding("plans", REMARK, text, f"fusion-perception build {model} (with TensorRT), or --for rtx")
    return Finding("plans", OK, text)
