# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The protocol that every backend implements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.types import EngineOutputs


@dataclass(frozen=True)
class EngineInfo:
    """What is really running.

    Attributes:
        backend: ``"onnxruntime"``, ``"tensorrt"``, ``"tensorrt-rtx"`` or ``"torch"``.
        device: device in words, for example ``"cpu"`` or ``"cuda:0 NVIDIA Orin"``.
        provider: what computes inside the backend, for example ``"CPUExecutionProvider"``.
        precision: precision really in use.
        model_path: the file that was opened.
        metadata: what the model says of itself.
        versions: package name -> version.
        notes: remarks a user should read, for example why a faster backend was not used.
        choice: which backend ``auto`` took and why, in one line; empty where it was asked for by name.
    """

    backend: str
    device: str
    provider: str
    precision: str
    model_path: str
    metadata: ModelMetadata
    versions: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    choice: str = ""


class Engine(Protocol):
    """One model on one device. Not thread-safe: one thread calls ``infer``."""

    @property
    def info(self) -> EngineInfo:
        """What is really running."""
        ...

    def infer(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], *, attribution: bool = False) -> EngineOutputs:
        """Run the graph once.

        Args:
            thermal: (H, W) uint8, H and W as in ``info.metadata``.
            rgb: (H, W, 3) uint8 RGB.
            attribution: also compute the attribution, if the model has it.

        Returns:
            Arrays that the caller owns: a later call does not overwrite them.

        Raises:
            ImageError: wrong dtype or shape.
            BackendError: the backend failed.
        """
        ...

    def close(self) -> None:
        """Free the device memory; calling it twice is harmless."""
        ...
