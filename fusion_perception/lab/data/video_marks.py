# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What people saw in a video without masks: a few boxes that say where objects may be, and which must be found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import Range
from fusion_perception.errors import DataError
from fusion_perception.lab.data.boxes import Box

MarkedClass = Literal["person", "bike", "car"]
"""Classes of the boxes; "bike" is a motorcycle too, as in MSRS."""

_Pixels = Annotated[int, Range(1)]


@dataclass(frozen=True)
class MarkedObject:
    """An object, or a place where objects of some classes are too many or too small to be told apart.

    Attributes:
        name: for the reader.
        classes: that a pixel in it may have without being false.
        boxes: name of a frame -> (x0, y0, x1, y1) in pixels. In between, edges move in straight lines from frame to
            frame; before the first and after the last frame that is named, the box stays what it is there.
        sought: it must be found: at least a quarter of the box has one of its classes.
    """

    name: str
    classes: tuple[MarkedClass, ...]
    boxes: dict[str, tuple[float, ...]]
    sought: bool = False

    def box(self, number: int, frames: tuple[str, ...]) -> Box:
        """Return where it is in one frame.

        Args:
            number: of the frame.
            frames: names of all frames, in order.

        Raises:
            DataError: a box is none, or its frame is not there.
        """
        keys = sorted((self._number(name, frames), corners) for name, corners in self.boxes.items())
        before = [key for key in keys if key[0] <= number] or keys[:1]
        after = [key for key in keys if key[0] >= number] or keys[-1:]
        (first, old), (last, new) = before[-1], after[0]
        part = (number - first) / (last - first) if last > first else 0.0
        x0, y0, x1, y1 = (a + part * (b - a) for a, b in zip(old, new, strict=True))
        return Box(self.classes[0], x0, y0, x1, y1)

    def check(self, frames: tuple[str, ...], width: int, height: int) -> None:
        """Refuse what cannot be used; DataError says why."""
        if not self.classes or not self.boxes:
            raise DataError(f"object '{self.name}' needs at least one class and one box")
        for name, corners in self.boxes.items():
            self._number(name, frames)
            if len(corners) != 4 or not (
                0 <= corners[0] < corners[2] <= width and 0 <= corners[1] < corners[3] <= height
            ):
                raise DataError(
                    f"object '{self.name}', frame '{name}': the box is {list(corners)}; "
                    f"allowed: [x0, y0, x1, y1] with 0 <= x0 < x1 <= {width} and 0 <= y0 < y1 <= {height}"
                )

    def _number(self, name: str, frames: tuple[str, ...]) -> int:
        if name not in frames:
            raise DataError(
                f"object '{self.name}': there is no frame '{name}'; the frames are {frames[0]} to {frames[-1]}"
            )
        return frames.index(name)


@dataclass(frozen=True)
class RecordingMarks:
    """What is marked in one recording.

    Attributes:
        width: of the images that the boxes were drawn on, in pixels.
        height: of them.
        judged: classes of which every object is marked: a pixel of one of them outside of all boxes that may hold
            this class is false.
        objects: the boxes.
    """

    width: _Pixels
    height: _Pixels
    judged: tuple[MarkedClass, ...]
    objects: tuple[MarkedObject, ...]

    def outside(self, label: str, number: int, frames: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return (height, width), True where no box may hold a class; where it is judged, nothing there is of it.

        Args:
            label: name of the class.
            number: of the frame.
            frames: names of all frames, in order.
        """
        result = np.ones((self.height, self.width), bool)
        for marked in self.objects:
            if label in marked.classes:
                result[marked.box(number, frames).window(self.height, self.width)] = False
        return result

    def check(self, frames: tuple[str, ...]) -> None:
        """Refuse boxes that cannot be used with these frames; DataError says why."""
        for marked in self.objects:
            marked.check(frames, self.width, self.height)


@dataclass(frozen=True, kw_only=True)
class VideoMarks:
    """Marks of some recordings.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        about: how the marks were made.
        recordings: name of a recording -> its marks.
    """

    schema: Literal["fusion_perception.video_marks"] = "fusion_perception.video_marks"
    schema_version: Literal[1] = 1
    about: str
    recordings: dict[str, RecordingMarks]


VIDEO_MARKS = Schema(
    "fusion_perception.video_marks",
    1,
    VideoMarks,
    "file of marks",
    "docs/evaluation.md says what it holds",
)
"""How marks are read."""


def read_marks(path: Path) -> VideoMarks:
    """Read a file of marks; DataError, with its path, if that fails."""
    return VIDEO_MARKS.read_file(path)
