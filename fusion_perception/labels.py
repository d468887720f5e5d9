# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Label sets: the class names, ids and palettes of the public RGB-thermal data sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.documents.strict_json import check_text
from fusion_perception.text import printable

IGNORE = 255
"""Id of pixels without a known label: ignored by losses and metrics (also vision_msgs' UNLABELED)."""


MAX_CLASSES = IGNORE
"""Most classes of a label set."""

MAX_NAME = 64
"""Longest name of a class or a label set, in characters."""


@dataclass(frozen=True)
class LabelSet:
    """An ordered set of classes; the position of a name is its id in every mask.

    Attributes:
        name: registry key, for example ``"msrs9"``.
        names: class names, background first.
        palette: one RGB triple (0..255) per class.
    """

    name: str
    names: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        """Check that every class has a colour, that ids stay below the ignore id, and that names can be shown.

        Names reach screens, OpenCV's fonts and ROS messages; a colour is three bytes.
        """
        for name in (self.name, *self.names):
            check_text(name, "the name of a label set or class", MAX_NAME, shortest=1)
        if len(self.names) != len(self.palette):
            raise ValueError(
                f"label set '{self.name}' has {len(self.names)} names but {len(self.palette)} colours; "
                "give one colour per name"
            )
        if not 1 <= len(self.names) <= MAX_CLASSES:
            raise ValueError(f"label set '{self.name}' has {len(self.names)} classes; allowed: 1..{MAX_CLASSES}")
        if len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise ValueError(f"label set '{self.name}' has the class '{twice}' twice; give each its own name")
        for name, colour in zip(self.names, self.palette, strict=True):
            if not isinstance(colour, tuple) or len(colour) != 3 or not all(_is_byte(part) for part in colour):
                raise ValueError(
                    f"label set '{self.name}' gives '{name}' the colour {printable(repr(colour), 80)}; "
                    "allowed: three whole numbers of 0..255"
                )

    def __len__(self) -> int:
        return len(self.names)

    def id_of(self, name: str) -> int:
        """Return the id of a class name; raises KeyError with the names that exist."""
        try:
            return self.names.index(name)
        except ValueError:
            raise KeyError(f"label set '{self.name}' has no class '{name}'; it has: {', '.join(self.names)}") from None

    def lookup_table(self) -> NDArray[np.uint8]:
        """Return a (256, 3) uint8 RGB table for mask ids; unknown and ignored ids are white."""
        table = np.full((256, 3), 255, np.uint8)
        table[: len(self.palette)] = np.array(self.palette, np.uint8)
        return table


def _is_byte(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255


MSRS9 = LabelSet(
    "msrs9",
    ("unlabelled", "car", "person", "bike", "curve", "car_stop", "guardrail", "color_cone", "bump"),
    (
        (0, 0, 0),
        (64, 0, 192),
        (224, 64, 32),
        (0, 160, 224),
        (160, 160, 0),
        (96, 96, 160),
        (64, 64, 128),
        (255, 160, 0),
        (192, 64, 128),
    ),
)
"""MSRS and MFNet: nine ids (Tang et al., PIAFusion, 2022; Ha et al., MFNet, 2017)."""

FMB15 = LabelSet(
    "fmb15",
    (
        "background",
        "road",
        "sidewalk",
        "building",
        "traffic_lamp",
        "traffic_sign",
        "vegetation",
        "sky",
        "person",
        "car",
        "truck",
        "bus",
        "motorcycle",
        "bicycle",
        "pole",
    ),
    (
        (0, 0, 0),
        (110, 70, 120),
        (220, 100, 220),
        (100, 100, 100),
        (240, 160, 40),
        (210, 210, 30),
        (60, 140, 60),
        (90, 150, 210),
        (224, 64, 32),
        (64, 0, 192),
        (30, 30, 120),
        (20, 90, 130),
        (140, 20, 90),
        (0, 160, 224),
        (170, 170, 170),
    ),
)
"""FMB: fourteen classes and background (Liu et al., SegMiF, 2023)."""

PST5 = LabelSet(
    "pst5",
    ("background", "fire_extinguisher", "backpack", "hand_drill", "survivor"),
    ((0, 0, 0), (220, 60, 40), (60, 180, 75), (0, 130, 200), (240, 200, 60)),
)
"""PST900: four artefacts and background (Shivakumar et al., PST900, 2020)."""

LABEL_SETS: dict[str, LabelSet] = {s.name: s for s in (MSRS9, FMB15, PST5)}


def get_label_set(name: str) -> LabelSet:
    """Return a registered label set; raises KeyError with the names that exist."""
    try:
        return LABEL_SETS[name]
    except KeyError:
        raise KeyError(f"unknown label set '{name}'; known: {', '.join(LABEL_SETS)}") from None
