# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The JSON document that travels inside every model file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from fusion_perception.errors import ModelError
from fusion_perception.labels import LabelSet

METADATA_KEY = "fusion_perception"
"""Key of the document in ONNX ``metadata_props``."""

SCHEMA_VERSION = 1
"""Highest schema this package writes and reads."""

PRECISIONS = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class AttributionInfo:
    """How the attribution in the graph was made.

    Attributes:
        steps: number of path points K.
        rule: quadrature of the path integral: ``"power"``, ``"midpoint"`` or ``"right"``.
        baseline: what the path starts from; ``"black"`` is both images zero.
        target: the explained scalar; ``"predicted_regions"`` is the sum over the predicted classes of
            the mean margin of their logit in their region.
        window: side in pixels of the square over which absolute attributions are pooled.
    """

    steps: int
    rule: str = "power"
    baseline: str = "black"
    target: str = "predicted_regions"
    window: int = 16


@dataclass(frozen=True)
class ModelMetadata:
    """What a model file says of itself.

    Attributes:
        name: short name, for example ``"realtime"``.
        labels: names and palette of the mask ids.
        height: input and output height in pixels.
        width: input and output width in pixels.
        precision: ``"fp32"``, ``"fp16"`` or ``"int8"`` as stored in the graph.
        attribution: how the attribution was made, or None for a graph without.
        training: recipe, data, seed and command that made the weights.
        quality: measured figures, each with the command that prints it.
        licence: licence of the weights.
        created_by: package and version that wrote the file.
    """

    name: str
    labels: LabelSet
    height: int
    width: int
    precision: str = "fp32"
    attribution: AttributionInfo | None = None
    training: dict[str, Any] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)
    licence: str = "Apache-2.0"
    created_by: str = ""

    def to_json(self) -> str:
        """Return the document as it is stored in the file."""
        document = asdict(self)
        document["schema_version"] = SCHEMA_VERSION
        document["inputs"] = {
            "thermal": {"shape": [self.height, self.width], "dtype": "uint8"},
            "rgb": {"shape": [self.height, self.width, 3], "dtype": "uint8"},
        }
        document["outputs"] = {
            "fused": "fused RGB image (H, W, 3) uint8",
            "mask": "class ids (H, W) uint8",
            "confidence": "probability of the chosen class (H, W) uint8, 255 = 1",
        }
        if self.attribution is not None:
            document["outputs"]["attribution"] = (
                "thermal share (H, W) uint8: 255 thermal alone, 0 RGB alone, 128 both alike"
            )
        return json.dumps(document, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, source: str) -> ModelMetadata:
        """Read the document of a model file.

        Args:
            text: the JSON text.
            source: file name for error messages.

        Raises:
            ModelError: the document is damaged, newer than this package, or incomplete.
        """
        try:
            document = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ModelError(f"{source}: its metadata is not valid JSON ({error}); export the model again") from error
        if not isinstance(document, dict):
            raise ModelError(f"{source}: its metadata is not a JSON object; export the model again")
        version = document.get("schema_version")
        if not isinstance(version, int) or isinstance(version, bool):
            raise ModelError(f"{source}: its metadata has no schema_version; export the model again")
        if version > SCHEMA_VERSION:
            raise ModelError(
                f"{source}: its metadata has schema {version}, this package reads up to {SCHEMA_VERSION}; "
                "update fusion_perception"
            )
        try:
            labels = LabelSet(
                str(document["labels"]["name"]),
                tuple(str(n) for n in document["labels"]["names"]),
                tuple((int(r), int(g), int(b)) for r, g, b in document["labels"]["palette"]),
            )
            raw = document.get("attribution")
            attribution = (
                None
                if raw is None
                else AttributionInfo(
                    steps=int(raw["steps"]),
                    rule=str(raw["rule"]),
                    baseline=str(raw["baseline"]),
                    target=str(raw["target"]),
                    window=int(raw["window"]),
                )
            )
            metadata = cls(
                name=str(document["name"]),
                labels=labels,
                height=int(document["height"]),
                width=int(document["width"]),
                precision=str(document["precision"]),
                attribution=attribution,
                training=dict(document.get("training") or {}),
                quality=dict(document.get("quality") or {}),
                licence=str(document.get("licence", "")),
                created_by=str(document.get("created_by", "")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{source}: its metadata is incomplete ({error!r}); export the model again") from error
        if metadata.precision not in PRECISIONS:
            raise ModelError(f"{source}: unknown precision '{metadata.precision}'; allowed: {', '.join(PRECISIONS)}")
        if not (0 < metadata.height <= 16384 and 0 < metadata.width <= 16384):
            raise ModelError(f"{source}: impossible input size {metadata.height} x {metadata.width}")
        return metadata
