# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The table of outputs: what a model returns, how it is sent, and how far two backends may differ in it.

A new output is one more row here, the part of the graph that computes it (``lab/export/deployable.py``), and its test.
Engines, ``Perceiver``, the node's topics, the recorder, parity and the table in docs/topics.md follow from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.labels import LabelSet
from fusion_perception.types import EngineOutputs

Render = Callable[[EngineOutputs, LabelSet, float], NDArray[Any]]
"""Outputs, labels and opacity of overlays -> the image that is sent."""

ALWAYS, ATTRIBUTION = "always", "attribution"
"""When an output is computed: in every run, or only in a run that is asked for the attribution."""

ENCODINGS = {("uint8", 1): "mono8", ("uint8", 3): "rgb8", ("float32", 1): "32FC1", ("float32", 2): "32FC2"}
"""ROS encoding of an image, by element type and channels."""


@dataclass(frozen=True)
class Picture:
    """An image for people that is drawn from an output.

    Attributes:
        topic: relative name of its topic.
        meaning: what it shows, in a few words.
        render: draws it, as (H, W, 3) uint8 RGB.
        compressed: it is sent as JPEG too, on the topic with ``/compressed`` behind it.
    """

    topic: str
    meaning: str
    render: Render
    compressed: bool = False


@dataclass(frozen=True)
class Output:
    """One output of the graph.

    Attributes:
        name: of the graph's output, and of the map in ``EngineOutputs``.
        topic: relative name of its topic.
        meaning: what its values say, in a few words.
        limits: how far two backends may differ, by precision: the largest ``max`` and ``mean`` difference, in the
            output's unit (grey levels for uint8), or the smallest ``agreement``, the share of equal values.
        channels: values of one pixel; 1 for a map of shape (H, W).
        dtype: ``"uint8"`` or ``"float32"``.
        when: ``ALWAYS`` or ``ATTRIBUTION``.
        standard: every model has it, or every model with attribution; other outputs are named in the model's document.
        ids: its values are names and no amounts: resizing mixes none of them.
        compressed: it is sent as JPEG too (rgb8 alone).
        pictures: what is drawn from it, this output and those that are always there at hand.
    """

    name: str
    topic: str
    meaning: str
    limits: Mapping[str, Mapping[str, float]]
    channels: int = 1
    dtype: str = "uint8"
    when: str = ALWAYS
    standard: bool = False
    ids: bool = False
    compressed: bool = False
    pictures: tuple[Picture, ...] = field(default=())

    @property
    def encoding(self) -> str:
        """The ROS encoding of its messages.

        Raises:
            ValueError: there is none for this element type and number of channels.
        """
        try:
            return ENCODINGS[self.dtype, self.channels]
        except KeyError:
            allowed = ", ".join(f"{dtype} with {channels}" for dtype, channels in ENCODINGS)
            raise ValueError(
                f"output '{self.name}' is {self.dtype} with {self.channels} channel(s); allowed: {allowed}"
            ) from None

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        """Shape of the map for images of ``height`` x ``width`` pixels."""
        return (height, width) if self.channels == 1 else (height, width, self.channels)

    def describe(self) -> str:
        """Shape, element type and meaning in words, as the document of a model file has them."""
        shape = "(H, W)" if self.channels == 1 else f"(H, W, {self.channels})"
        return f"{shape} {self.dtype}: {self.meaning}"


@dataclass(frozen=True)
class ResultTopic:
    """One topic with images of results.

    Attributes:
        topic: relative name.
        encoding: ROS encoding of the images.
        meaning: what they show.
        output: the output that they are, or are drawn from.
        render: makes the image.
        compressed: it is sent as JPEG too.
    """

    topic: str
    encoding: str
    meaning: str
    output: Output
    render: Render
    compressed: bool

    @property
    def attribution(self) -> bool:
        """Whether it is there only in results whose attribution was asked for."""
        return self.output.when == ATTRIBUTION


def _mask_color(maps: EngineOutputs, labels: LabelSet, alpha: float) -> NDArray[np.uint8]:
    from fusion_perception.render import colour_mask  # late: reading a model's document needs no OpenCV

    return colour_mask(maps.mask, labels)


def _overlay(maps: EngineOutputs, labels: LabelSet, alpha: float) -> NDArray[np.uint8]:
    from fusion_perception.render import overlay

    return overlay(maps.fused, maps.mask, labels, alpha)


def _attribution_color(maps: EngineOutputs, labels: LabelSet, alpha: float) -> NDArray[np.uint8]:
    from fusion_perception.render import heat_map

    return heat_map(maps["attribution"])


MASK_COLOR = Picture("fusion/mask_color", "the same in colour", _mask_color)
OVERLAY = Picture("fusion/overlay", "classes over the fused picture", _overlay, compressed=True)
ATTRIBUTION_COLOR = Picture("fusion/attribution_color", "the same in colour", _attribution_color)

_EVIDENCE_LIMITS = {"fp32": {"mean": 0.01}, "fp16": {"mean": 0.1}, "int8": {"mean": 0.5}}

OUTPUTS: tuple[Output, ...] = (
    Output(
        "fused",
        "fusion/image",
        "fused picture",
        {"fp32": {"max": 1.0}, "fp16": {"mean": 1.0}, "int8": {"mean": 3.0}},
        channels=3,
        standard=True,
        compressed=True,
    ),
    Output(
        "mask",
        "fusion/mask",
        "class ids; the labels name them",
        {"fp32": {"agreement": 0.999}, "fp16": {"agreement": 0.995}, "int8": {"agreement": 0.98}},
        standard=True,
        ids=True,
        pictures=(MASK_COLOR, OVERLAY),
    ),
    Output(
        "confidence",
        "fusion/confidence",
        "probability of the chosen class, 255 = 1",
        {"fp32": {"mean": 0.5}, "fp16": {"mean": 2.0}, "int8": {"mean": 6.0}},
        standard=True,
    ),
    Output(
        "attribution",
        "fusion/attribution",
        "thermal share: 255 thermal alone, 0 RGB alone, 128 both alike or neither",
        {"fp32": {"mean": 1.0}, "fp16": {"mean": 4.0}, "int8": {"mean": 12.0}},
        when=ATTRIBUTION,
        standard=True,
        pictures=(ATTRIBUTION_COLOR,),
    ),
    # Two images of one channel: rviz2 and Foxglove show 32FC1, and neither shows 32FC2.
    Output(
        "signed_thermal",
        "fusion/attribution/signed/thermal",
        "evidence of thermal for the decision, in nats; below 0 against it",
        _EVIDENCE_LIMITS,
        dtype="float32",
        when=ATTRIBUTION,
    ),
    Output(
        "signed_rgb",
        "fusion/attribution/signed/rgb",
        "evidence of RGB for the decision, in nats; below 0 against it",
        _EVIDENCE_LIMITS,
        dtype="float32",
        when=ATTRIBUTION,
    ),
    Output(
        "needed",
        "fusion/attribution/needed",
        "sensors without which the decision would be another: 0 none, 1 thermal, 2 RGB, 3 either",
        {"fp32": {"agreement": 0.999}, "fp16": {"agreement": 0.99}, "int8": {"agreement": 0.95}},
        when=ATTRIBUTION,
        ids=True,
    ),
)
"""All outputs, in the order in which graphs return them."""


def output(name: str) -> Output:
    """Return a row of the table; raises KeyError with the names that exist."""
    for row in OUTPUTS:
        if row.name == name:
            return row
    raise KeyError(f"there is no output '{name}'; known: {', '.join(row.name for row in OUTPUTS)}")


def further(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of some names that are in the table and not standard, in its order."""
    wanted = set(names)
    return tuple(row.name for row in OUTPUTS if row.name in wanted and not row.standard)


def result_topics(outputs: Iterable[Output]) -> tuple[ResultTopic, ...]:
    """Return the topics on which some outputs, and the pictures drawn from them, are sent."""
    topics: list[ResultTopic] = []
    for row in outputs:
        topics.append(ResultTopic(row.topic, row.encoding, row.meaning, row, _as_it_is(row.name), row.compressed))
        topics += (
            ResultTopic(picture.topic, "rgb8", picture.meaning, row, picture.render, picture.compressed)
            for picture in row.pictures
        )
    return tuple(topics)


def _as_it_is(name: str) -> Render:
    return lambda maps, labels, alpha: maps[name]
