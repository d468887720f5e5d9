# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Masks on video without true masks: share of every class, changes from frame to frame, false and sought objects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.data.video_dataset import VideoDataset
from fusion_perception.lab.data.video_marks import MarkedObject, RecordingMarks
from fusion_perception.lab.evaluation.methods import MethodOutput
from fusion_perception.lab.evaluation.segmentation.box_match import MATCHED_SHARE
from fusion_perception.lab.evaluation.segmentation_metrics import box_ids
from fusion_perception.lab.evaluation.video.video_figures import FalsePixels, RecordingFigures, SoughtObject
from fusion_perception.labels import LabelSet


class VideoScore:
    """Figures of the masks of every recording of a data set.

    - *changed*: share of all pixels whose class differs from the frame before. Motion counts: what moves changes
      pixels at its outline.
    - *false*: pixels of a judged class outside of all boxes that may hold this class. So everything else counts:
      stairs, walls, trees, ground, people, stalls.
    - *found*: at least a quarter of the box of a sought object has one of its classes, as for the boxes of MSRS.

    Args:
        dataset: the recordings, with their marks.
        labels: label set of the masks.
    """

    def __init__(self, dataset: VideoDataset, labels: LabelSet) -> None:
        self._dataset = dataset
        self._scores = {
            name: _RecordingScore(name, dataset.frames(name), labels, dataset.marks.get(name))
            for name in dataset.recordings
        }

    def update(self, i: int, output: MethodOutput) -> None:
        """Add what was made of a frame; frames come in order.

        Args:
            i: number of the frame in the data set.
            output: with a mask.

        Raises:
            DataError: the mask has not the size of the marks, or of the frame before.
        """
        if output.mask is None:
            raise ValueError("a method with labels returned no mask")
        recording, number = self._dataset.place(i)
        self._scores[recording].update(number, output.mask)

    def summary(self) -> tuple[RecordingFigures, ...]:
        """Return the figures of every recording of which a frame was measured."""
        return tuple(score.summary() for score in self._scores.values() if score.frames)


class _RecordingScore:
    """The sums of one recording."""

    def __init__(self, name: str, frames: tuple[str, ...], labels: LabelSet, marks: RecordingMarks | None) -> None:
        self.frames = 0
        self._name, self._frame_names, self._labels, self._marks = name, frames, labels, marks
        self._ids = box_ids(labels)
        self._pixels = np.zeros(256, np.int64)
        self._changes: list[float] = []
        self._previous: NDArray[np.uint8] | None = None
        judged = [c for c in marks.judged if c in self._ids] if marks else []
        self._false: dict[str, list[int]] = {name: [] for name in judged}
        self._objects: tuple[MarkedObject, ...] = marks.objects if marks else ()
        self._sought: dict[int, list[float]] = {k: [] for k, marked in enumerate(self._objects) if marked.sought}

    def update(self, number: int, mask: NDArray[np.uint8]) -> None:
        where = f"'{self._name}', frame '{self._frame_names[number]}'"
        marks = self._marks
        if marks and mask.shape != (marks.height, marks.width):
            raise DataError(
                f"{where} is {mask.shape[1]} x {mask.shape[0]}, its marks are for {marks.width} x {marks.height} pixels"
            )
        if self._previous is not None:
            if self._previous.shape != mask.shape:
                raise DataError(f"{where} differs in size from the frame before; a recording has one size")
            self._changes.append(float(np.mean(mask != self._previous)))
        self._previous = mask
        self._pixels += np.bincount(mask.ravel(), minlength=256)
        self.frames += 1
        boxes = [marked.box(number, self._frame_names).window(*mask.shape) for marked in self._objects]
        if marks:
            for label, counts in self._false.items():
                outside = marks.outside(label, number, self._frame_names)
                counts.append(int(np.count_nonzero(outside & (mask == self._ids[label]))))
        for k, shares in self._sought.items():
            wanted = [self._ids[name] for name in self._objects[k].classes if name in self._ids]
            shares.append(float(np.mean(np.isin(mask[boxes[k]], wanted))))

    def summary(self) -> RecordingFigures:
        total = int(self._pixels.sum())
        false = {
            name: FalsePixels(sum(counts), sum(counts) / total, sum(map(bool, counts)))
            for name, counts in self._false.items()
        }
        sought = tuple(
            SoughtObject(
                name=self._objects[k].name,
                classes=self._objects[k].classes,
                frames=len(shares),
                found=sum(share >= MATCHED_SHARE for share in shares),
                least_share=min(shares),
            )
            for k, shares in self._sought.items()
        )
        return RecordingFigures(
            name=self._name,
            frames=self.frames,
            class_shares={name: int(self._pixels[i]) / total for i, name in enumerate(self._labels.names)},
            changed=float(np.mean(self._changes)) if self._changes else None,
            changed_most=max(self._changes, default=None),
            false_pixels=false if self._marks else None,
            sought=sought if self._marks else None,
        )
