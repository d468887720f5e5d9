# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a document says of the method that was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fusion_perception.documents.typed_document import Count


@dataclass(frozen=True)
class ModelInfo:
    """A model file.

    Attributes:
        kind: ``"model"``.
        name: that it gives itself.
        file: name of its file.
        backend: that ran it.
        device: ``"cpu"`` or the GPU's name.
        precision: really in use.
        height: of its images in pixels.
        width: of its images in pixels.
        labels: names of its classes.
        training: what it says of its training: any JSON object.
        versions: package -> version.
        provider: of the backend.
        notes: what the engine says of its choice.
    """

    kind: Literal["model"]
    name: str
    file: str
    backend: str
    device: str
    provider: str
    precision: str
    height: Count
    width: Count
    labels: tuple[str, ...]
    training: dict[str, Any]
    versions: dict[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FolderInfo:
    """A folder of fused images, and how many it holds."""

    kind: Literal["folder"]
    name: str
    images: Count


@dataclass(frozen=True)
class BaselineInfo:
    """A baseline."""

    kind: Literal["baseline"]
    name: str


MethodInfo = ModelInfo | FolderInfo | BaselineInfo
