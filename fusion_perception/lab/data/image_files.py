# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Images, masks and lists of names on disk, read with errors that name the file."""

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


def read_thermal(path: Path) -> NDArray[Any]:
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
