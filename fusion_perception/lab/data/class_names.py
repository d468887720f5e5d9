# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which class of a label set the name of another data set means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fusion_perception.labels import LabelSet

DOUBTFUL = "doubtful"
"""Label of a box whose inside is of no class for certain, such as a cyclist: person and bike in one."""


@dataclass(frozen=True)
class ClassMatch:
    """What a name means.

    Attributes:
        label: class of the label set, ``DOUBTFUL``, or None where the label set has nothing of the kind.
        whole: whether things of the class have boxes of this name in general; a data set with boxes of buses alone says
            nothing of where there are no cars.
    """

    label: str | None
    whole: bool = False


@dataclass(frozen=True)
class _Row:
    """Names that mean one class.

    Attributes:
        labels: classes of label sets; the first that a label set has is meant.
        whole: names of the class.
        part: names of some things of the class.
    """

    labels: tuple[str, ...]
    whole: tuple[str, ...] = ()
    part: tuple[str, ...] = ()


_ROWS = (
    _Row(
        ("person", "survivor"),
        ("person", "people", "pedestrian", "human"),
        ("adult", "man", "men", "woman", "women", "child", "children", "rider", "worker", "person sitting", "soldier"),
    ),
    _Row(
        ("car",),
        ("car", "automobile"),
        ("van", "minivan", "suv", "taxi", "pickup", "pickup truck", "jeep", "police car"),
    ),
    _Row(("truck",), ("truck", "lorry", "lorries")),
    _Row(("bus",), ("bus", "buses", "coach", "coaches")),
    _Row(("car",), (), ("truck", "lorry", "lorries", "bus", "buses", "coach", "coaches")),
    _Row(("bike", "bicycle"), ("bike", "bicycle")),
    _Row(("motorcycle",), ("motorcycle", "motorbike", "motor")),
    _Row(("traffic_lamp",), ("traffic light",)),
    _Row(("color_cone",), ("cone", "traffic cone", "colour cone")),
    _Row(("bump",), ("speed bump",)),
)
"""Read from the top: the first row that has the name and a class of the label set counts."""

_ANY_VEHICLE = ("vehicle", "other vehicle")
"""A car, where the label set has no other motor vehicles."""

_DOUBTFUL = (
    "cyclist",
    "bicyclist",
    "motorcyclist",
    "motorcycle",
    "motorbike",
    "motor",
    "moped",
    "scooter",
    "tricycle",
    "wheelchair",
    "crowd",
    "group",
    "vehicle",
    "other vehicle",
    "ignore",
    "ignored",
    "ignore region",
    "ignored region",
    "dontcare",
    "dont care",
    "unknown",
    "person?",
)
"""What is partly, perhaps or not surely of a class."""


def match_class(name: str, labels: LabelSet) -> ClassMatch:
    """Return what a name of another data set means.

    Upper case, hyphens, underscores and a plural s make no difference.

    Example:
        >>> from fusion_perception.labels import MSRS9
        >>> match_class("Pedestrians", MSRS9)
        ClassMatch(label='person', whole=True)
    """
    known = {_plain(label): label for label in labels.names[1:]}
    for plain in _forms(name):
        if plain in known:
            return ClassMatch(known[plain], True)
        if plain in _ANY_VEHICLE and "car" in labels.names and not {"truck", "bus"} & set(labels.names):
            return ClassMatch("car", plain == "vehicle")
        for row in _ROWS:
            label = next((label for label in row.labels if label in labels.names), None)
            if label is not None and plain in row.whole + row.part:
                return ClassMatch(label, plain in row.whole)
        if plain in _DOUBTFUL:
            return ClassMatch(DOUBTFUL)
    return ClassMatch(None)


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_./-]+", name.casefold())).strip()


def _forms(name: str) -> tuple[str, ...]:
    """Return a name as it is, and without the s of a plural."""
    plain = _plain(name)
    return (plain, plain[:-1]) if plain.endswith("s") else (plain,)
