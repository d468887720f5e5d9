# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Image pairs on disk in the layout of MSRS, and the one way to open any sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.streets import SyntheticSequence
from fusion_perception.text_file import read_text

RGB_FOLDER, THERMAL_FOLDER, LABEL_FOLDER = "vi", "ir", "Segmentation_labels"
SYNTHETIC = "synthetic"
EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".jp2"})
_SHOWN = 5


class SequenceItem(Protocol):
    """What every sequence yields."""

    @property
    def name(self) -> str:
        """Name without extension."""
        ...

    @property
    def thermal(self) -> NDArray[Any]:
        """(H, W) uint8 or uint16."""
        ...

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB."""
        ...

    @property
    def labels(self) -> NDArray[np.uint8] | None:
        """(H, W) uint8 class ids, or None."""
        ...


class ImageSequence(Protocol):
    """Pairs in order of time; reading happens on access."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> SequenceItem: ...


@dataclass(frozen=True)
class PairItem:
    """One pair.

    Attributes:
        name: file name without extension.
        thermal: (H, W) uint8 or uint16, as stored.
        rgb: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8 class ids, or None where there is no label file.
    """

    name: str
    thermal: NDArray[Any]
    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8] | None = None


def some(names: Sequence[str]) -> str:
    """Return the first few names as text."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def index_images(folder: Path) -> dict[str, Path]:
    """Return name -> file of the images in a folder.

    Raises:
        DataError: two files differ only in their extension.
    """
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in EXTENSIONS or not path.is_file():
            continue
        if path.stem in files:
            raise DataError(
                f"{folder}: '{files[path.stem].name}' and '{path.name}' have the same name; keep one of the two"
            )
        files[path.stem] = path
    return files


def read_image(path: Path) -> NDArray[Any]:
    """Return an image as stored (OpenCV's channel order).

    Raises:
        DataError: the file is missing, damaged or of an unknown format.
    """
    try:
        # imdecode instead of imread: OpenCV cannot open every path that Python can, and prints instead of raising.
        data = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except (OSError, cv2.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if image is None:
        raise DataError(f"{path}: not a readable image (empty, truncated or of an unknown format); replace the file")
    return np.asarray(image)


def _read_thermal(path: Path) -> NDArray[Any]:
    """Return (H, W) uint8 or uint16."""
    image = read_image(path)
    if image.dtype not in (np.uint8, np.uint16):
        raise DataError(f"{path}: pixels of type {image.dtype}; allowed: uint8 and uint16")
    if image.ndim == 2:
        return image
    code = cv2.COLOR_BGRA2GRAY if image.shape[2] == 4 else cv2.COLOR_BGR2GRAY
    return np.asarray(cv2.cvtColor(image, code))


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Return (H, W, 3) uint8 RGB; 16 bits are reduced to 8, transparency is dropped."""
    image = read_image(path)
    if image.dtype == np.uint16:
        image = np.asarray(image >> 8, np.uint8)
    if image.dtype != np.uint8:
        raise DataError(f"{path}: pixels of type {image.dtype}; allowed: uint8 and uint16")
    if image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=2)
    return np.ascontiguousarray(image[..., 2::-1])


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Return (H, W) uint8 ids."""
    image = read_image(path)
    if image.dtype != np.uint8 or image.ndim != 2:
        raise DataError(f"{path}: {image.dtype} of shape {image.shape}; label images are uint8 with one channel of ids")
    return image


def read_names(path: Path) -> list[str]:
    """Return the names of a split file, sorted and each once: one a line, with or without extension.

    Raises:
        DataError: the file cannot be read or names nothing.
    """
    try:
        lines = read_text(path).split("\n")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: the split file cannot be read ({error})") from error
    names = []
    for line in lines:
        name = line.strip()
        if name:
            names.append(Path(name).stem if Path(name).suffix.lower() in EXTENSIONS else name)
    if not names:
        raise DataError(f"{path}: the split file names no images; write one name a line")
    return sorted(set(names))


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
    ) -> None:
        self.root = Path(root)
        self.allow_size_mismatch = allow_size_mismatch
        self.rgb_folder, self.thermal_folder, label_folder = folders
        missing = [str(f) for f in (self.root / self.rgb_folder, self.root / self.thermal_folder) if not f.is_dir()]
        if missing:
            raise DataError(
                f"no folder {' and no folder '.join(missing)}; a sequence is a folder with "
                f"'{self.rgb_folder}' (RGB) and '{self.thermal_folder}' (thermal) holding images of the same names"
            )
        self._rgb = index_images(self.root / self.rgb_folder)
        self._thermal = index_images(self.root / self.thermal_folder)
        labels = self.root / label_folder
        self._labels = index_images(labels) if label_folder and labels.is_dir() else {}
        self._names = tuple(self._all_names() if split is None else self._split_names(Path(split)))

    def _all_names(self) -> list[str]:
        if not self._rgb and not self._thermal:
            raise DataError(f"{self.root}: no images in '{self.rgb_folder}' and '{self.thermal_folder}'")
        lonely = {
            self.thermal_folder: sorted(self._rgb.keys() - self._thermal.keys()),
            self.rgb_folder: sorted(self._thermal.keys() - self._rgb.keys()),
        }
        parts = [f"'{folder}' lacks {some(names)}" for folder, names in lonely.items() if names]
        if parts:
            raise DataError(f"{self.root}: {'; '.join(parts)}; every image needs its partner of the same name")
        return sorted(self._rgb)

    def _split_names(self, path: Path) -> list[str]:
        names = read_names(path)
        absent = [n for n in names if n not in self._rgb or n not in self._thermal]
        if absent:
            raise DataError(f"{path}: no pair in {self.root} for {some(absent)}")
        return names

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return self._names

    @property
    def paths(self) -> tuple[Path, ...]:
        """Files of the RGB images, in order of name."""
        return tuple(self._rgb[name] for name in self._names)

    @staticmethod
    def is_night(name: str) -> bool | None:
        """Return True for names that end in N, False for D (the convention of MSRS), None for others."""
        return {"N": True, "D": False}.get(Path(name).stem[-1:])

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[PairItem]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> PairItem:
        name = self._names[i]
        thermal, rgb = _read_thermal(self._thermal[name]), read_rgb(self._rgb[name])
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
        return PairItem(name, thermal, rgb, labels)


def open_sequence(source: str | Path, **options: Any) -> ImageSequence:
    """Open a sequence of pairs.

    Args:
        source: ``"synthetic"`` for rendered scenes, else a folder in the layout of MSRS.
        **options: passed on to ``SyntheticSequence`` or ``PairSequence``.

    Raises:
        DataError: the folder is missing or unusable.
    """
    if str(source) == SYNTHETIC:
        return SyntheticSequence(**options)
    if not Path(source).is_dir():
        raise DataError(f"no sequence '{source}'; give '{SYNTHETIC}' or a folder with 'vi' and 'ir'")
    return PairSequence(source, **options)
