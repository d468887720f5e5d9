# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs without labels: other cameras, other places. A segmenter learns from what trained networks see in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.image_files import some
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.data.pair_folders import find_pair_folders
from fusion_perception.lab.data.video_marks import RecordingMarks, VideoMarks
from fusion_perception.lab.evaluation.segmentation_metrics import box_ids
from fusion_perception.lab.training.samples import LARGEST, OCCUPIED, Sample, fitted, unlabelled_sample
from fusion_perception.lab.training.splits import open_training_set
from fusion_perception.labels import MSRS9, LabelSet


def open_unlabelled(folders: Sequence[Path], apart: PairDataset | None = None) -> tuple[PairDataset, ...]:
    """Open the pairs of some folders; labels that lie beside them are not read.

    Of a data set with lists or folders for evaluation only the training part is taken.

    Args:
        folders: each in a known layout, or with sequences in one below it; what is named twice counts once.
        apart: the data set whose pairs are trained on already, some of them held out.

    Raises:
        DataError: a folder is missing or holds no pairs, or some of those of ``apart``.
    """
    opened: dict[Path, PairDataset] = {}
    for folder in folders:
        for root in find_pair_folders(folder):
            if root.resolve() not in opened:
                dataset = open_training_set(root, None, with_labels=False)
                _check_apart(dataset, apart)
                opened[root.resolve()] = dataset
    return tuple(opened.values())


def _check_apart(dataset: PairDataset, other: PairDataset | None) -> None:
    """Raise DataError where pairs belong to another data set as well: part of it is held out."""
    files = {path.resolve() for path in other.paths} if other is not None else set()
    shared = [name for name, path in zip(dataset.names, dataset.paths, strict=True) if path.resolve() in files]
    if shared:
        raise DataError(
            f"--unlabelled: {len(shared)} pairs of {dataset.root} belong to the data set of --data ({some(shared)}), "
            "part of which is held out; name other folders"
        )


def marks_of(datasets: Sequence[PairDataset], marks: VideoMarks) -> dict[Path, RecordingMarks]:
    """Return root of a data set -> what is marked in it; names of folders tell which recording is which.

    Raises:
        DataError: there are marks of none of them, or they do not fit.
    """
    roots = {dataset.root.resolve(): dataset for dataset in datasets}
    found = {root: marks.recordings[root.name] for root in roots if root.name in marks.recordings}
    if not found:
        raise DataError(
            f"the marks are of {some(list(marks.recordings)) or 'no recording'}, but the pairs without labels are in "
            f"{some([root.name for root in roots]) or 'no folder'}; names of folders tell which are which"
        )
    for root, marked in found.items():
        try:
            marked.check(tuple(roots[root].names))
        except DataError as error:
            raise DataError(f"marks of '{root.name}': {error}") from error
    return found


def load_unlabelled(
    datasets: Iterable[PairDataset],
    largest: tuple[int, int] = LARGEST,
    marks: Mapping[Path, RecordingMarks] | None = None,
    labels: LabelSet = MSRS9,
) -> list[Sample]:
    """Read pairs as samples whose labels are all unknown.

    Args:
        datasets: opened without labels; the pairs of each are one group.
        largest: height and width that pairs are made to fit into.
        marks: root of a data set -> what is marked in it: judged classes are ruled out outside of their boxes.
        labels: label set of the run.

    Raises:
        DataError: an image cannot be read, or has not the size of the marks.
    """
    samples = []
    for dataset in datasets:
        marked, frames = (marks or {}).get(dataset.root.resolve()), tuple(dataset.names)
        for number, pair in enumerate(dataset):
            sample = _sample(pair, dataset.root, largest)
            if marked is not None:
                sample = replace(sample, ruled_out=_ruled_out(marked, number, frames, pair, labels, sample))
            samples.append(sample)
    return samples


def _ruled_out(
    marks: RecordingMarks, number: int, frames: tuple[str, ...], pair: ImagePair, labels: LabelSet, sample: Sample
) -> NDArray[np.uint32]:
    """Return the ``ruled_out`` of a sample."""
    height, width = pair.rgb.shape[:2]
    if (height, width) != (marks.height, marks.width):
        raise DataError(f"{sample.name} is {width} x {height}, its marks are for {marks.width} x {marks.height} pixels")
    bits = np.zeros((height, width), np.uint32)
    for name, i in box_ids(labels).items():
        if name in marks.judged:
            bits |= marks.outside(name, number, frames).astype(np.uint32) << np.uint32(i)
    if marks.judged:
        empty = np.ones_like(bits, bool)
        for marked in marks.objects:
            empty[marked.box(number, frames).window(height, width)] = False
        bits |= np.where(empty, 0, 1 << OCCUPIED).astype(np.uint32)
    down, across = sample.labels.shape
    rows, columns = (np.arange(n) * of // n for n, of in ((down, height), (across, width)))
    return bits[rows[:, None], columns]


def _sample(pair: ImagePair, root: Path, largest: tuple[int, int]) -> Sample:
    thermal, rgb = fitted(pair, largest)
    folder = root.resolve().name
    sample = unlabelled_sample(thermal, rgb, pair.time or "any", f"{folder}/{pair.name}")
    return replace(sample, group=str(root))
