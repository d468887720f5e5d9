# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered streets as a data set: perfect labels, and motion at camera rate."""

from __future__ import annotations

from collections.abc import Iterator

from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.data.image_pair import ImagePair, time_of_day
from fusion_perception.lab.streets import SyntheticSequence
from fusion_perception.labels import MSRS9, LabelSet

DEFAULT_FRAMES = 40


class SyntheticDataset:
    """A rendered drive by day, by night, in fog and in glare, with masks and boxes of every object.

    Args:
        n_frames: length of the drive.
        seed: draws the streets.
        height: image height in pixels.
        width: image width in pixels.
    """

    title = "synthetic"
    layout_name = "synthetic"
    label_set: LabelSet = MSRS9
    starts = None

    def __init__(self, n_frames: int = DEFAULT_FRAMES, seed: int = 0, height: int = 480, width: int = 640) -> None:
        self._sequence = SyntheticSequence(n_frames, height, width, seed)
        self.split = f"seed {seed}"
        # Names as the frames bear them, without rendering the frames.
        configs, stretches = self._sequence.configs, len(self._sequence.configs)
        self.names = tuple(f"{i:05d}{'N' if configs[i * stretches // n_frames].dark else 'D'}" for i in range(n_frames))

    def __len__(self) -> int:
        return len(self._sequence)

    def __iter__(self) -> Iterator[ImagePair]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> ImagePair:
        frame = self._sequence[i]
        boxes = tuple(
            Box(MSRS9.names[b.label], float(b.x0), float(b.y0), float(b.x1), float(b.y1)) for b in frame.boxes
        )
        return ImagePair(
            name=frame.name,
            thermal=frame.thermal,
            rgb=frame.rgb,
            labels=frame.labels,
            boxes={"fusion": boxes},
            time=time_of_day(frame.name),
        )
