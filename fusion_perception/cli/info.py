# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception info MODEL``: what a model file says of itself."""

from __future__ import annotations

import argparse
import json
from typing import Any

from fusion_perception.text import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("model", metavar="MODEL", help="name of a shipped model, or a model file")
    parser.add_argument("--json", action="store_true", help="print the metadata document as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the metadata; nothing of the file is executed."""
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.model_store import find_model

    model = open_model_file(find_model(arguments.model))
    if arguments.json:
        print(json.dumps(json.loads(model.metadata.to_json()), indent=2))
        return 0
    metadata = model.metadata
    attribution = metadata.attribution
    rows: list[tuple[str, Any]] = [
        ("name", metadata.name),
        ("file", model.path),
        ("size", f"{len(model.data) / 1e6:.2f} MB"),
        ("sha256", model.sha256),
        ("checksum inside", "agrees" if model.sealed else "none"),
        ("input", f"{metadata.height} x {metadata.width}, thermal and RGB, uint8"),
        ("precision", metadata.precision),
        ("weights stored as", metadata.storage),
        ("opset", model.opset),
        ("outputs", ", ".join(model.outputs)),
        ("needs", f"{model.bounds.memory / 2**20:.0f} MiB, {model.bounds.work:.1e} multiplications a run, at most"),
        ("classes", f"{metadata.labels.name}: " + ", ".join(f"{i} {n}" for i, n in enumerate(metadata.labels.names))),
        ("attribution", "none" if attribution is None else ", ".join(f"{k} {v}" for k, v in vars(attribution).items())),
        *((f"training: {key}", value) for key, value in sorted(metadata.training.items())),
        *((f"quality: {key}", value) for key, value in sorted(metadata.quality.items())),
        ("licence", metadata.licence or "not stated"),
        ("written by", metadata.created_by or "not stated"),
    ]
    lines = [
        (printable(name), printable(json.dumps(value) if isinstance(value, (dict, list)) else value, 0))
        for name, value in rows
    ]
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{name:<{width}}  {value}")
    return 0
