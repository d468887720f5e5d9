# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Images and lists of names on disk, read with errors that name the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.files.text_file import read_text

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".jp2"})
_SHOWN = 5


def some(names: Sequence[str]) -> str:
    """Return the first few names as text."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder, sorted, without hidden ones.

    Raises:
        DataError: it cannot be read.
    """
    return [path for path in _listed(folder) if path.is_dir()]


def images_in(folder: Path) -> list[Path]:
    """Return the images of a folder, sorted, without hidden files (macOS writes ``._NAME`` beside every file).

    Raises:
        DataError: it cannot be read.
    """
    return [path for path in _listed(folder) if path.suffix.lower() in EXTENSIONS and path.is_file()]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror or error}); allow reading, or move it") from error


def index_images(folder: Path, ending: str = "") -> dict[str, Path]:
    """Return name -> file of the images in a folder.

    Args:
        folder: the folder.
        ending: what the names end in; others are left out, and it is no part of the name.

    Raises:
        DataError: two files differ only in their extension.
    """
    files: dict[str, Path] = {}
    for path in images_in(folder):
        if not path.stem.endswith(ending):
            continue
        name = path.stem.removesuffix(ending)
        if name in files:
            raise DataError(f"{folder}: '{files[name].name}' and '{path.name}' have the same name; keep one of the two")
        files[name] = path
    return files


def read_image(path: Path, *, with_alpha: bool = False) -> NDArray[Any]:
    """Return an image with the depth it is stored in (OpenCV's channel order), turned as its EXIF says.

    Args:
        path: the file.
        with_alpha: keep a fourth channel; the image is then as stored, whatever its EXIF says.

    Raises:
        DataError: the file is missing, damaged or of an unknown format.
    """
    flags = cv2.IMREAD_UNCHANGED if with_alpha else cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    return decode_image(path, read_bytes(path), flags)


def read_bytes(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def decode_image(path: Path, data: bytes, flags: int) -> NDArray[Any]:
    """Return the image that bytes of a file are, read with flags of OpenCV.

    Raises:
        DataError: they are none.
    """
    try:
        # imdecode instead of imread: OpenCV cannot open every path that Python can, and prints instead of raising.
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if image is None:
        raise DataError(f"{path}: not a readable image (empty, truncated or of an unknown format); replace the file")
    return np.asarray(image)


def read_thermal(path: Path) -> NDArray[Any]:
    """Return (H, W) uint8, uint16, or float32 for all other numbers (TIFF: temperatures, signed counts)."""
    image = read_image(path)
    if image.dtype not in (np.uint8, np.uint16):
        image = image.astype(np.float32)
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


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


def read_names(path: Path) -> list[str]:
    """Return the names of a split file, sorted and each once: one a line, with or without folders and extension.

    Raises:
        DataError: the file cannot be read or names nothing.
    """
    try:
        lines = read_text(path).split("\n")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: the split file cannot be read ({error})") from error
    names = []
    for line in lines:
        name = line.strip().replace("\\", "/")
        if name:
            names.append(name.removesuffix(Path(name).suffix) if Path(name).suffix.lower() in EXTENSIONS else name)
    if not names:
        raise DataError(f"{path}: the split file names no images; write one name a line")
    return sorted(set(names))
