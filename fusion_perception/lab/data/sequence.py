# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Image pairs on disk: an RGB and a thermal file for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_files import index_images, read_rgb, read_thermal
from fusion_perception.lab.data.image_pair import ImagePair, time_of_day
from fusion_perception.lab.data.mask_files import read_labels
from fusion_perception.lab.data.pair_files import PairFiles
from fusion_perception.lab.streets import SyntheticFrame

RGB_FOLDER, THERMAL_FOLDER, LABEL_FOLDER = "vi", "ir", "Segmentation_labels"


class ImageSequence(Protocol):
    """Pairs in order of time; an image is read or rendered when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> ImagePair | SyntheticFrame: ...


class PairSequence:
    """Pairs of a folder with ``vi/`` (RGB) and ``ir/`` (thermal) holding files of the same names.

    Extensions may differ between the folders. ``Segmentation_labels/`` may hold masks for some or all names.
    Images are read when they are asked for.

    Args:
        root: the folder.
        split: text file with one name a line, with or without extension; or None for all pairs. Either way pairs
            come in order of name, each once.
        allow_size_mismatch: accept pairs whose two images differ in size.
        folders: folders of RGB images, thermal images and labels below ``root``; no labels where the last is ``""``.
        files: the files of the pairs, if they are known; ``folders`` is not looked at then.

    Raises:
        DataError: folders or files are missing or do not match.

    Example:
        >>> sequence = PairSequence("msrs", split="msrs/val.txt")
        >>> sequence[0].thermal.shape
        (480, 640)
    """

    def __init__(
        self,
        root: str | Path,
        split: str | Path | None = None,
        *,
        allow_size_mismatch: bool = False,
        folders: tuple[str, str, str] = (RGB_FOLDER, THERMAL_FOLDER, LABEL_FOLDER),
        files: PairFiles | None = None,
    ) -> None:
        self.root = Path(root)
        self.allow_size_mismatch = allow_size_mismatch
        self.rgb_folder, self.thermal_folder, label_folder = folders
        missing = [str(f) for f in (self.root / self.rgb_folder, self.root / self.thermal_folder) if not f.is_dir()]
        if missing and files is None:
            raise DataError(
                f"no folder {' and no folder '.join(missing)}; a sequence is a folder with "
                f"'{self.rgb_folder}' (RGB) and '{self.thermal_folder}' (thermal) holding images of the same names"
            )
        if files is None:
            masks = self.root / label_folder
            files = PairFiles(
                self.root,
                (self.rgb_folder, self.thermal_folder),
                index_images(self.root / self.rgb_folder),
                index_images(self.root / self.thermal_folder),
                index_images(masks) if label_folder and masks.is_dir() else {},
            )
        self._rgb, self._thermal, self._labels = files.rgb, files.thermal, files.labels
        self._names = files.select(None if split is None else Path(split))

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return self._names

    @property
    def paths(self) -> tuple[Path, ...]:
        """Files of the RGB images, in order of name."""
        return tuple(self._rgb[name] for name in self._names)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of all images, without those of masks."""
        return (*self.paths, *(self._thermal[name] for name in self._names))

    @property
    def has_labels(self) -> bool:
        """Whether any of the pairs has a mask."""
        return any(name in self._labels for name in self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[ImagePair]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> ImagePair:
        name = self._names[i]
        thermal, rgb = read_thermal(self._thermal[name]), read_rgb(self._rgb[name])
        labels = read_labels(self._labels[name]) if name in self._labels else None
        if thermal.shape != rgb.shape[:2] and not self.allow_size_mismatch:
            raise DataError(
                f"{self.root}, pair '{name}': thermal is {thermal.shape[0]} x {thermal.shape[1]}, RGB is "
                f"{rgb.shape[0]} x {rgb.shape[1]}; align the images or allow different sizes (allow_size_mismatch)"
            )
        if labels is not None and labels.shape != rgb.shape[:2]:
            raise DataError(
                f"{self._labels[name]}: {labels.shape[0]} x {labels.shape[1]}, but its RGB image is "
                f"{rgb.shape[0]} x {rgb.shape[1]}"
            )
        return ImagePair(name, thermal, rgb, labels, time=time_of_day(name))
