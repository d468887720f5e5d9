# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A few frames of every recording, with what is marked and what was made of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.files.atomic_file import write_image
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.data.video_dataset import VideoDataset
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.render import contact_sheet, overlay

JPEG_QUALITY = 88
SHOWN = 3
"""Frames of each recording: the first, the last, and between them."""

SOUGHT, ALLOWED = (40, 220, 60), (250, 200, 40)
"""Colours of the box of an object that must be found, and of a place where objects may be."""


def write_video_frames(path: Path, evaluator: Evaluator, dataset: VideoDataset, method: Method) -> tuple[str, ...]:
    """Run the method again on a few frames and write what it saw and made of them.

    Args:
        path: the JPEG to write.
        evaluator: reads the frames.
        dataset: the video that it reads.
        method: makes the masks; it must have some.

    Returns:
        Names of the frames, from top to bottom.

    Raises:
        DataError: the picture cannot be written.
    """
    if method.labels is None:
        raise ValueError("a method without masks has nothing to show on video")
    rows = []
    chosen = _chosen(dataset, evaluator.count)
    for i, item in zip(chosen, evaluator.items(chosen), strict=True):
        mask = method.run(item.name, item.thermal, item.rgb).mask
        if mask is None:
            raise ValueError("a method with labels returned no mask")
        rows.append([item.thermal, _marked(dataset, i, item), overlay(item.rgb, mask, method.labels)])
    names = tuple(dataset.names[i] for i in chosen)
    titles = ("thermal", "RGB with marks", "mask over RGB")
    write_image(path, contact_sheet(rows, titles, captions=names, labels=method.labels), quality=JPEG_QUALITY)
    return names


def _chosen(dataset: VideoDataset, count: int) -> list[int]:
    starts = sorted(start for start in dataset.starts if start < count)
    ends = [*starts[1:], count]
    return [
        i
        for start, end in zip(starts, ends, strict=True)
        for i in np.unique(np.linspace(start, end - 1, SHOWN).astype(int)).tolist()
    ]


def _marked(dataset: VideoDataset, i: int, item: ImagePair) -> NDArray[np.uint8]:
    picture = item.rgb.copy()
    recording, number = dataset.place(i)
    marks = dataset.marks.get(recording)
    for marked in marks.objects if marks else ():
        rows, columns = marked.box(number, dataset.frames(recording)).window(*picture.shape[:2])
        corners = (columns.start, rows.start), (columns.stop - 1, rows.stop - 1)
        cv2.rectangle(picture, *corners, SOUGHT if marked.sought else ALLOWED, 2)
    return picture
