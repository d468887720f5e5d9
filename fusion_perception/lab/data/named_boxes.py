# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes as the files of others have them: classes by name, places as shares of the image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_BOXES = 500
"""Most boxes of one image."""

MAX_CLASSES = 1000
"""Most classes of one file."""

MAX_CLASS_NAME = 100
"""Longest name of a class, in characters."""


@dataclass(frozen=True)
class NamedBox:
    """One object.

    Attributes:
        name: of its class, as the file has it.
        x0: left edge, 0..1 of the width of the image.
        y0: top edge, 0..1 of its height.
        x1: right edge.
        y1: bottom edge.
        crowd: whether it surrounds several objects and what is between them.
    """

    name: str
    x0: float
    y0: float
    x1: float
    y1: float
    crowd: bool = False


@dataclass(frozen=True)
class BoxFile:
    """What a file or folder says.

    Attributes:
        path: the file or folder.
        form: what it is, for messages: ``"YOLO"``, ``"COCO"`` or ``"VOC"``.
        boxes: name of an image, without extension -> its boxes; an image that nobody looked at is not in it.
    """

    path: Path
    form: str
    boxes: Mapping[str, tuple[NamedBox, ...]]
