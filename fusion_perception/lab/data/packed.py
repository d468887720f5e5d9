# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs that share one file: RGB in the first three channels, thermal in the fourth, as MFNet keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_files import index_images, read_image
from fusion_perception.lab.data.image_pair import ImagePair, time_of_day
from fusion_perception.lab.data.layouts import find_folder
from fusion_perception.lab.data.mask_files import read_labels
from fusion_perception.lab.data.pair_files import select_names


class PackedSequence:
    """Pairs of a folder of four-channel images; the thermal image is stored as the alpha channel.

    Args:
        root: the folder of the data set.
        split: text file with one name a line, or None for all images; in order of name, each once.
        images: folder of the images below ``root``.
        labels: folder of the masks, which may hold some names only; none are read where it is ``""``.

    Raises:
        DataError: folders or files are missing.
    """

    def __init__(
        self, root: str | Path, split: str | Path | None = None, *, images: str = "images", labels: str = "labels"
    ) -> None:
        self.root = Path(root)
        folder = find_folder(self.root, images)
        if folder is None:
            raise DataError(f"no folder {self.root / images}; it holds the four-channel images")
        self._images = index_images(folder)
        masks = find_folder(self.root, labels) if labels else None
        self._labels = index_images(masks) if masks else {}
        names = (
            tuple(sorted(self._images))
            if split is None
            else select_names(Path(split), self.root, self._images, (images,))
        )
        if not names:
            raise DataError(f"{folder}: no images")
        self.names = names

    @property
    def paths(self) -> tuple[Path, ...]:
        """Files of the images, in order of name."""
        return tuple(self._images[name] for name in self.names)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of all images, without those of masks."""
        return self.paths

    @property
    def has_labels(self) -> bool:
        """Whether any of the pairs has a mask."""
        return any(name in self._labels for name in self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[ImagePair]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> ImagePair:
        name = self.names[i]
        image = read_image(self._images[name], with_alpha=True)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 4:
            raise DataError(
                f"{self._images[name]}: {image.dtype} of shape {image.shape}; a packed pair is uint8 with four channels"
            )
        labels = read_labels(self._labels[name]) if name in self._labels else None
        if labels is not None and labels.shape != image.shape[:2]:
            raise DataError(f"{self._labels[name]}: {labels.shape}, but its image is {image.shape[:2]}")
        rgb = np.ascontiguousarray(image[..., 2::-1])
        return ImagePair(name, np.ascontiguousarray(image[..., 3]), rgb, labels, time=time_of_day(name))
