# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception info MODEL``: what a model file or a plan says of itself, and which plans there are."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from fusion_perception.text import printable

if TYPE_CHECKING:
    from fusion_perception.engine.model_file import ModelFile
    from fusion_perception.engine.plan_cache import Plan

Row = tuple[str, Any]
"""What is told, and its value."""

EXAMPLES = (
    "fusion-perception info realtime",
    "fusion-perception info out/model.onnx --json",
)
"""Commands at the end of the help of this verb."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("model", metavar="MODEL", help="name of a shipped model, a model file or a plan")
    parser.add_argument("--json", action="store_true", help="print the metadata document as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the metadata; nothing of the file is executed."""
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.engine.plan_cache import PlanCache, read_plan
    from fusion_perception.engine.tensorrt_engine import is_plan
    from fusion_perception.errors import ModelError
    from fusion_perception.model_store import find_model

    path = find_model(arguments.model)
    plans: list[Row] = []
    if is_plan(path):
        plan = read_plan(path)
        metadata, rows = plan.metadata, _plan_rows(plan)
    else:
        model = open_model_file(path)
        metadata, rows = model.metadata, _model_rows(model)
        try:
            plans = [("plan", _in_one_line(plan)) for plan in PlanCache().of_model(model.sha256)]
        except ModelError as error:  # nobody knows where they would be
            plans = [("plan", f"not looked for: {error}")]
    if arguments.json:
        print(json.dumps(json.loads(metadata.to_json()), indent=2))
        return 0
    attribution = metadata.attribution
    rows = [
        ("name", metadata.name),
        ("file", path),
        *rows,
        ("input", f"{metadata.height} x {metadata.width}, thermal and RGB, uint8"),
        ("precision", metadata.precision_text),
        ("weights stored as", metadata.storage),
        ("classes", f"{metadata.labels.name}: " + ", ".join(f"{i} {n}" for i, n in enumerate(metadata.labels.names))),
        ("attribution", "none" if attribution is None else ", ".join(f"{k} {v}" for k, v in vars(attribution).items())),
        *((f"training: {key}", value) for key, value in sorted(metadata.training.items())),
        *((f"quality: {key}", value) for key, value in sorted(metadata.quality.items())),
        ("licence", metadata.licence or "not stated"),
        ("written by", metadata.created_by or "not stated"),
        *plans,
    ]
    lines = [
        (printable(name), printable(json.dumps(value) if isinstance(value, (dict, list)) else value, 0))
        for name, value in rows
    ]
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{name:<{width}}  {value}")
    return 0


def _model_rows(model: ModelFile) -> list[Row]:
    return [
        ("size", f"{len(model.data) / 1e6:.2f} MB"),
        ("sha256", model.sha256),
        ("checksum inside", "agrees" if model.sealed else "none"),
        ("opset", model.opset),
        ("outputs", ", ".join(model.outputs)),
        ("needs", f"{model.bounds.memory / 2**20:.0f} MiB, {model.bounds.work:.1e} multiplications a run, at most"),
    ]


def _plan_rows(plan: Plan) -> list[Row]:
    identity = plan.identity
    parity = plan.build.get("parity")
    return [
        ("size", f"{len(plan.body) / 2**20:.1f} MiB"),
        ("library", f"{identity.library} {identity.tensorrt}"),
        ("cards", f"{identity.gpu}, compute capability {identity.sm}"),
        ("processor", identity.machine),
        ("computes attribution", "yes" if identity.attribution else "no"),
        ("of the model", f"sha256 {identity.model_sha256}"),
        ("built", f"in {plan.build.get('seconds', '?')} s, {plan.build.get('built_at', 'time unknown')}"),
        ("compared with ONNX Runtime", parity if isinstance(parity, dict) else "no"),
    ]


def _in_one_line(plan: Plan) -> str:
    identity = plan.identity
    return (
        f"{plan.path}: {identity.library} {identity.tensorrt}, {identity.gpu} {identity.sm}, "
        f"{'with' if identity.attribution else 'without'} attribution, {len(plan.body) / 2**20:.1f} MiB, "
        f"built in {plan.build.get('seconds', '?')} s"
    )
