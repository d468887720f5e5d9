# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which checkpoint torch runs where an ONNX file is asked for, and what the file says of how to run it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.model_file import ModelFile, open_model_file, read_bytes
from fusion_perception.engine.ranking import checkpoint_beside
from fusion_perception.errors import ModelError

ONNX = ".onnx"


@dataclass(frozen=True)
class Exported:
    """An ONNX file and the checkpoint that it was exported from.

    Attributes:
        file: the ONNX file, read and checked.
        checkpoint: path of the checkpoint.
    """

    file: ModelFile
    checkpoint: Path

    @classmethod
    def open(cls, model: str | Path) -> Exported:
        """Find the checkpoint beside an ONNX file.

        Raises:
            ModelError: the file cannot be used, or there is no checkpoint.
        """
        file, checkpoint = open_model_file(model), checkpoint_beside(model)
        if not checkpoint.is_file():
            raise ModelError(
                f"torch runs checkpoints, and {checkpoint} is not there; put it beside {Path(model).name}, or choose "
                "another backend"
            )
        return cls(file, checkpoint)

    def load(self, precision: str, device: Any) -> Callable[[bool], tuple[Any, ModelMetadata]]:
        """Return what makes the modules as the ONNX file has them: sizes, attribution, and what it says of itself."""

        def load(attribution: bool) -> tuple[Any, ModelMetadata]:
            from fusion_perception.lab.export.deployable import DeployConfig, load_deployable

            metadata, said = self.file.metadata, self.file.metadata.attribution if attribution else None
            config = DeployConfig(metadata.height, metadata.width, precision=precision, attribution="none")
            if said is not None:
                steps = said.steps or None
                config = replace(config, attribution=said.method, attribution_steps=steps)
                if steps:
                    config = replace(config, rule=said.rule, window=said.window)
            module, found = load_deployable(self.checkpoint, config, device)
            if found.labels != metadata.labels:
                raise ModelError(f"{self.checkpoint} names other classes than {self.file.path.name}; export it again")
            return module, replace(metadata, precision=precision)

        return load


def digest(path: str | Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits; ModelError if it cannot be read."""
    return hashlib.sha256(read_bytes(Path(path))).hexdigest()
