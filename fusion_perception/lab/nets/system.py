# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A fuser and a segmenter as one system, with its file format."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from fusion_perception.documents.strict_json import DocumentError, Fields
from fusion_perception.errors import ModelError
from fusion_perception.lab.nets.colour import luma, recolour
from fusion_perception.lab.nets.registry import FUSERS, SEGMENTERS
from fusion_perception.lab.nets.segmenters.two_stream import shows_anything
from fusion_perception.lab.nets.shapes_alone import shapes_alone
from fusion_perception.lab.nets.tensor_file import Kind, halved, read_tensors, write_tensors
from fusion_perception.labels import LabelSet, get_label_set
from fusion_perception.text import printable

CHECKPOINT_SCHEMA = 2
"""Highest schema that is written and read; files of schema 1 have no checksum."""

MAX_OPTION = 4096
"""Largest number in the options of a network: widths, depths, heads."""

MAX_OPTIONS = 512
"""Most values in the options of a network."""

MAX_OFFSET = 1000
"""Largest offset of a logit."""

_CHECKPOINT = Kind("fusion_perception", "a checkpoint", "train or download it again")


class SystemOutput(NamedTuple):
    """What a system computes in training and before export.

    Attributes:
        fused: (B, 1, H, W) fused luminance, nominally 0..1, unclamped.
        logits: (B, C, h, w) class logits; h and w divide H and W.
    """

    fused: Tensor
    logits: Tensor


@dataclass(frozen=True)
class SystemSpec:
    """All that is needed to build a system again.

    Attributes:
        fuser: registry name of the fuser.
        segmenter: registry name of the segmenter.
        labels: name of the label set.
        cascade: True: the segmenter sees the fused RGB image; False: it sees both sensors.
        fuser_options: keyword arguments of the fuser.
        segmenter_options: keyword arguments of the segmenter, without ``classes``.
        offsets: class name -> what is added to its logit outside of training; below 0, a class is named only where
            the network is surer of it.
        offsets_alone: the same where one sensor is missing (its image is black); None: as ``offsets``.
    """

    fuser: str
    segmenter: str
    labels: str = "msrs9"
    cascade: bool = False
    fuser_options: dict[str, Any] = field(default_factory=dict)
    segmenter_options: dict[str, Any] = field(default_factory=dict)
    offsets: dict[str, float] = field(default_factory=dict)
    offsets_alone: dict[str, float] | None = None


class System(nn.Module):
    """Fusion and segmentation together.

    Args:
        spec: which networks, and whether the segmenter sees the fused image or both sensors.
    """

    def __init__(self, spec: SystemSpec) -> None:
        super().__init__()
        self.spec = spec
        self.labels: LabelSet = get_label_set(spec.labels)
        self.fuser = FUSERS.build(spec.fuser, **spec.fuser_options)
        self.segmenter = SEGMENTERS.build(spec.segmenter, classes=len(self.labels), **spec.segmenter_options)
        _check_fit(spec, self.fuser, self.segmenter)
        alone = spec.offsets if spec.offsets_alone is None else spec.offsets_alone
        for name, offsets in (("offsets", spec.offsets), ("offsets_alone", alone)):
            unknown = sorted(set(offsets) - set(self.labels.names))
            if unknown:
                raise ValueError(f"{name} name {', '.join(unknown)}; classes: {', '.join(self.labels.names)}")
            values = torch.tensor([float(offsets.get(label, 0.0)) for label in self.labels.names])
            self.register_buffer(name, values[None, :, None, None], persistent=False)

    def fuse(self, thermal: Tensor, rgb: Tensor, **context: Any) -> Tensor:
        """Fuse two images in 0..1.

        A fuser with ``context_levels`` gets that many of the segmenter's feature maps of the visible image.

        Args:
            thermal: (B, 1, H, W).
            rgb: (B, 3, H, W).
            context: optional arguments of the fuser, in place of what the system would give it.

        Returns:
            (B, 1, H, W) fused luminance, unclamped.
        """
        levels = getattr(self.fuser, "context_levels", 0)
        if levels and "features" not in context:
            context["features"] = self.segmenter.features(self._channels(rgb))[:levels]
        return self.fuser(thermal, luma(rgb), **context)

    def _channels(self, rgb: Tensor) -> Tensor:
        return luma(rgb) if self.segmenter.in_channels == 1 else rgb

    def segment_fused(self, fused: Tensor, rgb: Tensor) -> Tensor:
        """Class logits of a cascade from a fused luminance (B, 1, H, W) and the colour of ``rgb``."""
        if self.segmenter.in_channels == 1:
            return self.segmenter(fused.clamp(0, 1))
        return self.segmenter(recolour(fused, rgb).clamp(0, 1))

    def decide(self, logits: Tensor, thermal: Tensor, rgb: Tensor) -> Tensor:
        """Add the offsets to logits (B, C, h, w), outside of training.

        They depend on whether both images hold anything, and not on what they show: for attribution they are constants.
        """
        alone = self.spec.offsets_alone
        if self.training or not self._has_offsets:
            return logits
        if alone is None:
            return logits + self.offsets
        share = (self._there(thermal.detach()) & self._there(rgb.detach())).to(logits.dtype)
        return logits + self.offsets_alone + share * (self.offsets - self.offsets_alone)

    def decide_alone(self, logits: Tensor) -> Tensor:
        """Add the offsets of one sensor alone, or of neither, to logits (B, C, h, w) that were given without images."""
        return logits + self.offsets_alone if self._has_offsets and not self.training else logits

    @property
    def _has_offsets(self) -> bool:
        return any([*self.spec.offsets.values(), *(self.spec.offsets_alone or {}).values()])

    def _there(self, image: Tensor) -> Tensor:
        """(B, 1, 1, 1) bool: whether a sensor's image holds anything, in the eyes of the segmenter."""
        sees = getattr(self.segmenter, "has_states", False)
        return shows_anything(image) if sees else image.amax((1, 2, 3), keepdim=True) > 0

    def segment(self, thermal: Tensor, rgb: Tensor, **context: Any) -> Tensor:
        """Class logits from the two sensors alone, without offsets: the function that attribution explains."""
        if self.spec.cascade:
            return self.segment_fused(self.fuse(thermal, rgb, **context), rgb)
        return self.segmenter(thermal, rgb)

    def forward(self, thermal: Tensor, rgb: Tensor, **context: Any) -> SystemOutput:
        """Fuse and segment, with the offsets.

        Args:
            thermal: (B, 1, H, W) in 0..1.
            rgb: (B, 3, H, W) in 0..1.
            context: see ``fuse``.
        """
        fused = self.fuse(thermal, rgb, **context)
        logits = self.segment_fused(fused, rgb) if self.spec.cascade else self.segmenter(thermal, rgb)
        return SystemOutput(fused, self.decide(logits, thermal, rgb))


def _check_fit(spec: SystemSpec, fuser: nn.Module, segmenter: nn.Module) -> None:
    """Raise ValueError where the two networks cannot work together as ``spec`` says."""
    sensors = getattr(segmenter, "inputs", "fused") == "sensors"
    if sensors == spec.cascade:
        raise ValueError(
            f"segmenter '{spec.segmenter}' sees {'both sensors' if sensors else 'one image'}; "
            f"it needs cascade={not sensors}, got cascade={spec.cascade}"
        )
    levels = getattr(fuser, "context_levels", 0)
    if not levels:
        return
    offered = tuple(getattr(segmenter, "feature_channels", ()))[:levels]
    if offered != tuple(fuser.context_channels):
        raise ValueError(
            f"fuser '{spec.fuser}' takes features of {tuple(fuser.context_channels)} channels, segmenter "
            f"'{spec.segmenter}' offers {offered or 'none'}; set fuser_options={{'context_channels': ...}} to match"
        )


def save_system(
    system: System, path: str | Path, training: dict[str, Any] | None = None, *, half: bool = False
) -> None:
    """Write weights and specification to a safetensors file.

    Args:
        system: the system to save.
        path: target file, by convention ``*.safetensors``.
        training: JSON-serialisable record of recipe, data, seed and command; undefined figures become null.
        half: store weights in half precision where that is as good; networks that are read are float32 either way.

    Raises:
        ModelError: specification or record say what a reader would refuse.
        DataError: the file cannot be written.
    """
    document = {"schema_version": CHECKPOINT_SCHEMA, "spec": asdict(system.spec), "training": _finite(training or {})}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in system.state_dict().items()}
    write_tensors(Path(path), _CHECKPOINT, document, halved(tensors) if half else tensors)


def load_system(path: str | Path) -> tuple[System, dict[str, Any]]:
    """Read a checkpoint written by ``save_system``.

    Returns:
        The system in eval mode on the CPU, and its training record.

    Raises:
        ModelError: the file is missing, damaged, foreign or newer than this package.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: no such checkpoint; train one with: fusion-perception train RECIPE")
    document, tensors = read_tensors(path, _CHECKPOINT, CHECKPOINT_SCHEMA)
    if not isinstance(document.get("spec"), dict):
        raise ModelError(f"{path}: carries no fusion_perception specification; it was written by another program")
    try:
        training = Fields(document).free("training")
        spec = read_spec(document["spec"])
        _check_sizes(spec, tensors)
        system = System(spec)
        system.load_state_dict(tensors)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: weights do not fit their specification ({error}); train it again") from error
    return system.eval(), training


def read_spec(value: dict[str, Any]) -> SystemSpec:
    """Return the specification of a checkpoint's document; DocumentError where it says what is not allowed.

    Nothing is built: names, bounded numbers, and as many of them as a network of this package has.
    """
    fields = Fields(value, "spec")
    known = {part.name for part in dataclass_fields(SystemSpec)}
    unknown = sorted(set(value) - known)
    if unknown:
        raise DocumentError(f"spec has '{printable(unknown[0], 80)}'; allowed: {', '.join(sorted(known))}")
    options = {name: fields.free(name) for name in ("fuser_options", "segmenter_options")}
    for name, entries in options.items():
        _check_options(entries, f"spec.{name}", [0])
    alone = fields.get("offsets_alone", None)
    return SystemSpec(
        fuser=fields.text("fuser", 64),
        segmenter=fields.text("segmenter", 64),
        labels=fields.text("labels", 64, "msrs9"),
        cascade=fields.flag("cascade", False),
        **options,
        offsets=_offsets(fields.get("offsets", {}), "spec.offsets"),
        offsets_alone=None if alone is None else _offsets(alone, "spec.offsets_alone"),
    )


def _offsets(value: Any, place: str) -> dict[str, float]:
    if not isinstance(value, dict) or not all(
        isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) <= MAX_OFFSET for v in value.values()
    ):
        raise DocumentError(
            f"{place} is {printable(repr(value), 80)}; allowed: class names with -{MAX_OFFSET} to {MAX_OFFSET}"
        )
    return {name: float(number) for name, number in value.items()}


def _check_options(value: Any, place: str, count: list[int]) -> None:
    """Bound every number of a network's options, and how many there are; ``count`` is of those seen so far."""
    count[0] += 1
    if count[0] > MAX_OPTIONS:
        raise DocumentError(f"{place} has more than {MAX_OPTIONS} values")
    if isinstance(value, dict):
        for name, entry in value.items():
            _check_options(entry, f"{place}.{printable(name, 80)}", count)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            _check_options(entry, place, count)
    elif isinstance(value, (int, float)) and abs(value) > MAX_OPTION:
        raise DocumentError(f"{place} is {value}; allowed: -{MAX_OPTION} to {MAX_OPTION}")


def _check_sizes(spec: SystemSpec, tensors: dict[str, Tensor]) -> None:
    """Raise ValueError unless the file holds exactly the weights of its networks, before memory is taken for them."""
    with shapes_alone():
        expected = {name: tensor.shape for name, tensor in System(spec).state_dict().items()}
    for name in sorted(expected.keys() ^ tensors.keys()):
        raise ValueError(f"'{printable(name, 80)}' is {'not in the file' if name in expected else 'in no network'}")
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ValueError(f"'{name}' is {list(tensors[name].shape)} in the file and {list(shape)} in the network")


def _finite(value: Any) -> Any:
    """Return a record with None for numbers that JSON cannot say, such as the score of a class that nobody labelled."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, (list, tuple)) else value
