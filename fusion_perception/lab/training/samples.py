# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.labels import IGNORE
from fusion_perception.preprocess.gain_control import GainControl
from fusion_perception.resize import resize

LARGEST = (480, 640)
"""Height and width in pixels that pairs without masks are made to fit into; smaller ones stay as they are."""


OCCUPIED = 31
"""Bit of ``Sample.ruled_out``: what stands here need not be background where it is not of the classes ruled out."""


@dataclass(frozen=True)
class Sample:
    """A pair made ready for training; see ``data.image_pair.ImagePair`` for one as it is stored.

    Attributes:
        thermal: (H, W) uint8.
        rgb: (H, W, 3) uint8.
        labels: (H, W) uint8 ids, 255 unknown.
        complete: True where every class of the label set is annotated.
        key: groups samples between which objects may be pasted, for example the time of day.
        name: of the pair, for messages and records.
        group: samples of one group, such as the frames of a rendered street, look alike: all or none are held out.
        ruled_out: (H, W) uint32, bit i set where a pixel is known not to be of class i, and ``OCCUPIED`` where
            something may stand all the same; None where nothing is known.
    """

    thermal: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    complete: bool
    key: str
    name: str = ""
    group: str = ""
    ruled_out: NDArray[np.uint32] | None = None


def load_samples(dataset: PairDataset) -> list[Sample]:
    """Read a labelled data set into memory.

    An image whose labels do not distinguish all classes (``annotations.json`` says so) counts as incomplete.

    Raises:
        DataError: an image has no labels.
    """
    samples = []
    for item in dataset:
        if item.labels is None:
            wanted = f"{dataset.layout.labels}/{item.name}"
            raise DataError(f"{dataset.root}: '{item.name}' has no labels; training needs {wanted}")
        samples.append(_sample(item.thermal, item.rgb, item.labels, item.annotated is None, item.time, item.name))
    return samples


def fitting(size: tuple[int, int], largest: tuple[int, int]) -> tuple[int, int]:
    """Return a size of the same shape that fits into ``largest``; never a larger one than ``size``.

    Args:
        size: height and width in pixels.
        largest: the most of each.
    """
    scale = min(1.0, *(most / side for side, most in zip(size, largest, strict=True)))
    height, width = (max(1, round(side * scale)) for side in size)
    return height, width


def fitted(pair: ImagePair, largest: tuple[int, int] = LARGEST) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return thermal (H, W) and RGB (H, W, 3) image of a pair in 8 bits, of one size that fits into ``largest``."""
    size = fitting(pair.rgb.shape[:2], largest)
    return resize(GainControl()(pair.thermal), size), resize(pair.rgb, size)


def unlabelled_sample(thermal: NDArray[Any], rgb: NDArray[np.uint8], key: str, name: str) -> Sample:
    """Return a sample whose labels are all unknown: see ``pseudo_labels`` for what becomes of it."""
    return _sample(thermal, rgb, np.full(rgb.shape[:2], IGNORE, np.uint8), False, key, name)


def _sample(
    thermal: NDArray[Any],
    rgb: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    complete: bool,
    key: str | None,
    name: str,
) -> Sample:
    grey = GainControl()(thermal)
    return Sample(resize(grey, (labels.shape[0], labels.shape[1])), rgb, labels, complete, key or "any", name)
