# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs without labels: other cameras, other places. A segmenter learns from what trained networks see in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.image_files import some
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.data.pair_folders import find_pair_folders
from fusion_perception.lab.training.samples import LARGEST, Sample, fitted, unlabelled_sample
from fusion_perception.lab.training.splits import open_training_set


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


def load_unlabelled(datasets: Iterable[PairDataset], largest: tuple[int, int] = LARGEST) -> list[Sample]:
    """Read pairs as samples whose labels are all unknown.

    Args:
        datasets: opened without labels; the pairs of each are one group.
        largest: height and width that pairs are made to fit into.

    Raises:
        DataError: an image cannot be read.
    """
    return [_sample(pair, dataset.root, largest) for dataset in datasets for pair in dataset]


def _sample(pair: ImagePair, root: Path, largest: tuple[int, int]) -> Sample:
    thermal, rgb = fitted(pair, largest)
    folder = root.resolve().name
    sample = unlabelled_sample(thermal, rgb, pair.time or "any", f"{folder}/{pair.name}")
    return replace(sample, group=str(root))
