# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The JSON document that travels inside every model file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from fusion_perception import outputs as table
from fusion_perception.documents.strict_json import (
    DocumentError,
    Fields,
    check_choice,
    check_free,
    check_integer,
    check_text,
    read_object,
    write_object,
)
from fusion_perception.errors import ModelError
from fusion_perception.labels import MAX_CLASSES, LabelSet
from fusion_perception.outputs import ATTRIBUTION, Output, further
from fusion_perception.text import printable

METADATA_KEY = "fusion_perception"
"""Key of the document in ONNX ``metadata_props``."""

SCHEMA_VERSION = 1
"""Highest schema this package writes and reads."""

PRECISIONS = ("fp32", "fp16", "int8")
"""Of graphs in files; a checkpoint can also run in ``"bf16"``."""

INT8_TARGETS = ("cpu", "tensorrt")
"""Whose kernels an INT8 graph fits: ONNX Runtime's on a CPU, or TensorRT's. TensorRT reads no file for a CPU."""

_INT8_TEXTS = {
    "cpu": "ONNX Runtime on a CPU",
    "tensorrt": "TensorRT",
    "": "an engine that the file does not name",
}

STORAGES = ("fp32", "fp16")
"""What floating-point weights lie in a file as."""

MAX_SIDE = 16384
"""Largest height and width in pixels."""

MAX_PIXELS = 1 << 26
"""Most pixels of an image: 67 million, 16 times as many as the largest camera of a robot has."""

MAX_STEPS, MAX_WINDOW = 1000, 4096

SHAPLEY, GRADIENT = "shapley", "gradient"

METHODS = (SHAPLEY, GRADIENT)
"""Of attribution: exact Shapley values of the two sensors, or a path integral of the gradient."""

_NAME, _WORD, _LINE = 100, 40, 200  # longest texts, in characters


@dataclass(frozen=True)
class AttributionInfo:
    """How the attribution in the graph was made.

    Attributes:
        steps: number of path points K of a gradient; 0 for Shapley values.
        rule: quadrature of the path integral: ``"power"``, ``"midpoint"`` or ``"right"``; ``"exact"`` for Shapley
            values.
        baseline: what the path starts from; ``"black"`` is both images zero; ``"absent"`` is the network's own state
            without the sensor.
        target: the explained scalar; ``"predicted_regions"`` is the sum over the predicted classes of
            the mean margin of their logit in their region; ``"decided_class"`` the log-probability of the class that
            was decided at the pixel.
        window: side in pixels of the square over which absolute attributions are pooled; 1 for none.
        method: one of ``METHODS``.
    """

    steps: int
    rule: str = "power"
    baseline: str = "black"
    target: str = "predicted_regions"
    window: int = 16
    method: str = GRADIENT

    @classmethod
    def shapley(cls) -> AttributionInfo:
        """Return that of Shapley values, which have no settings."""
        return cls(0, "exact", "absent", "decided_class", 1, SHAPLEY)

    def __post_init__(self) -> None:
        """Check every value; DocumentError (a ValueError) says which is not allowed."""
        check_choice(self.method, "attribution.method", METHODS)
        check_integer(self.steps, "attribution.steps", int(self.method == GRADIENT), MAX_STEPS)
        check_integer(self.window, "attribution.window", 1, MAX_WINDOW)
        for name in ("rule", "baseline", "target"):
            check_text(getattr(self, name), f"attribution.{name}", _WORD, shortest=1)


@dataclass(frozen=True)
class ModelMetadata:
    """What a model file says of itself.

    Attributes:
        name: short name, for example ``"realtime"``.
        labels: names and palette of the mask ids.
        height: input and output height in pixels.
        width: input and output width in pixels.
        precision: ``"fp32"``, ``"fp16"`` or ``"int8"``: what the graph computes in.
        attribution: how the attribution was made, or None for a graph without.
        training: recipe, data, seed and command that made the weights.
        quality: measured figures, each with the command that prints it.
        licence: licence of the weights.
        created_by: package and version that wrote the file.
        further_outputs: names of outputs that not every model has, from the table in ``outputs.py``.
        storage: ``"fp32"``, or ``"fp16"`` where weights lie in the file in FP16 and become FP32 when it is opened.
        int8_target: one of ``INT8_TARGETS``; empty for other precisions, and for INT8 files of release 0.2 and before.
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
    further_outputs: tuple[str, ...] = ()
    storage: str = "fp32"
    int8_target: str = ""

    def __post_init__(self) -> None:
        """Check every value; DocumentError (a ValueError) says which is not allowed."""
        check_text(self.name, "name", _NAME, shortest=1)
        check_integer(self.height, "height", 1, MAX_SIDE)
        check_integer(self.width, "width", 1, MAX_SIDE)
        if self.height * self.width > MAX_PIXELS:
            raise DocumentError(f"height x width is {self.height} x {self.width}; allowed: {MAX_PIXELS} pixels")
        check_choice(self.precision, "precision", (*PRECISIONS, "bf16"))
        check_choice(self.storage, "storage", STORAGES)
        if self.int8_target:
            check_choice(self.int8_target, "int8_target", INT8_TARGETS)
            if self.precision != "int8":
                raise DocumentError(
                    f"int8_target is '{self.int8_target}'; allowed: none, for a graph in {self.precision}"
                )
        check_text(self.licence, "licence", _LINE)
        check_text(self.created_by, "created_by", _LINE)
        check_free(self.training, "training")
        check_free(self.quality, "quality")
        known = [row.name for row in table.OUTPUTS]
        unknown = [name for name in self.further_outputs if name not in known]
        if unknown:
            raise DocumentError(
                f"outputs has '{printable(unknown[0], _WORD)}'; allowed: {', '.join(known)} "
                "(a newer fusion_perception may know more)"
            )

    @property
    def precision_text(self) -> str:
        """The precision as a user reads it; of an INT8 file also what it is for."""
        if self.precision != "int8":
            return self.precision
        return f"int8 for {_INT8_TEXTS[self.int8_target]}"

    def outputs(self, *, attribution: bool = True) -> tuple[Output, ...]:
        """Return what the graph returns, in order.

        Args:
            attribution: those too that are computed only where the attribution is asked for, if the model has it.
        """
        attribution = attribution and self.attribution is not None
        return tuple(
            row
            for row in table.OUTPUTS
            if (row.standard or row.name in self.further_outputs) and (attribution or row.when != ATTRIBUTION)
        )

    def to_json(self) -> str:
        """Return the document as it is stored in the file."""
        document = asdict(self)
        del document["further_outputs"]
        if not self.int8_target:
            del document["int8_target"]
        document["schema_version"] = SCHEMA_VERSION
        document["inputs"] = {
            "thermal": {"shape": [self.height, self.width], "dtype": "uint8"},
            "rgb": {"shape": [self.height, self.width, 3], "dtype": "uint8"},
        }
        document["outputs"] = {row.name: row.describe() for row in self.outputs()}
        return write_object(document)

    @classmethod
    def from_json(cls, text: str, source: str) -> ModelMetadata:
        """Read the document of a model file.

        Args:
            text: the JSON text.
            source: file name for error messages.

        Raises:
            ModelError: the document is damaged, newer than this package, incomplete, or says what is not allowed.
        """
        try:
            document = Fields(read_object(text))
        except DocumentError as error:
            raise ModelError(f"{source}: its metadata cannot be used: {error}; export the model again") from error
        version = document.get("schema_version", None)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise ModelError(f"{source}: its metadata has no schema_version; export the model again")
        if version > SCHEMA_VERSION:
            raise ModelError(
                f"{source}: its metadata has schema {version}, this package reads up to {SCHEMA_VERSION}; "
                "update fusion_perception"
            )
        try:
            return cls(
                name=document.get("name"),
                labels=_labels(Fields(document.get("labels"), "labels")),
                height=document.get("height"),
                width=document.get("width"),
                precision=document.get("precision"),
                attribution=_attribution(document.get("attribution", None)),
                training=document.free("training"),
                quality=document.free("quality"),
                licence=document.get("licence", ""),
                created_by=document.get("created_by", ""),
                further_outputs=_further_outputs(document.free("outputs")),
                storage=document.get("storage", "fp32"),
                int8_target=document.get("int8_target", ""),
            )
        except ValueError as error:
            raise ModelError(f"{source}: its metadata cannot be used: {error}; export the model again") from error


def _labels(fields: Fields) -> LabelSet:
    palette = fields.entries("palette", MAX_CLASSES)
    return LabelSet(
        fields.get("name"),
        tuple(fields.entries("names", MAX_CLASSES)),
        tuple(tuple(colour) if isinstance(colour, list) else colour for colour in palette),
    )


def _further_outputs(document: dict[str, Any]) -> tuple[str, ...]:
    """Names that are not standard; those that nobody knows come last, and are refused."""
    known = {row.name for row in table.OUTPUTS}
    return (*further(document), *(name for name in document if name not in known))


def _attribution(value: Any) -> AttributionInfo | None:
    if value is None:
        return None
    fields = Fields(value, "attribution")
    values = {name: fields.get(name) for name in ("steps", "rule", "baseline", "target", "window")}
    return AttributionInfo(**values, method=fields.get("method", GRADIENT))
