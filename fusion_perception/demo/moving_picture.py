# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG files -> an animated WebP, which web pages and READMEs show without a player."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import BackendError, DataError
from fusion_perception.files.atomic_file import write_bytes

SUFFIX = ".webp"
LARGEST_BYTES = 2_000_000
"""A picture is smaller than this; where it would not be, it gets narrower and coarser."""

_RATE, _FRAMES = 5.0, 120  # a second, and in all at most
_ATTEMPTS = ((960, 60), (960, 45), (800, 40), (640, 35), (480, 25))  # width in pixels, quality


def check_moving_picture(path: Path) -> None:
    """Refuse, before the work and not after it, a picture that could not be written.

    Raises:
        DataError: the name does not end in ``.webp``.
        BackendError: OpenCV is too old.
    """
    if path.suffix.lower() != SUFFIX:
        raise DataError(f"cannot write {path}: a moving picture is an animated WebP; give a name that ends in {SUFFIX}")
    if not hasattr(cv2, "imencodeanimation"):
        raise BackendError(
            f"a moving picture needs OpenCV 4.12 or newer, this is {cv2.__version__}; install it with: "
            "pip install --upgrade opencv-python-headless"
        )


def write_moving_picture(
    frames: Sequence[Path], path: Path, rate: float, on_frame: Callable[[int, int], None] | None = None
) -> None:
    """Encode a run in five frames a second: about its own speed, unless it is slower or long; then a time lapse.

    Args:
        frames: JPEG files of one size, in order.
        path: the WebP to write.
        rate: of ``frames``, a second.
        on_frame: called with how many frames are read, and of how many, for progress.

    Raises:
        DataError: there are no frames, one cannot be decoded, or the file cannot be written.
    """
    if not frames:
        raise DataError(f"no frames for {path}; nothing was recorded")
    shown = frames[:: max(1, math.floor(rate / _RATE), math.ceil(len(frames) / _FRAMES))]
    images: list[NDArray[np.uint8]] = []
    for number, frame in enumerate(shown):
        image = cv2.imdecode(np.frombuffer(frame.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise DataError(f"frame {number} of {path} is no JPEG")
        images.append(_narrowed(np.asarray(image, np.uint8), _ATTEMPTS[0][0]))
        if on_frame is not None:
            on_frame(number + 1, len(shown))
    for width, quality in _ATTEMPTS:
        images = [_narrowed(image, width) for image in images]
        data = _encoded(images, quality)
        if len(data) < LARGEST_BYTES:
            return write_bytes(path, data)
    raise DataError(
        f"cannot write {path}: {len(images)} frames have {len(data) / 1e6:.1f} MB even if small and coarse; "
        "play fewer pairs (--pairs)"
    )


def _narrowed(image: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Return an image in at most this width."""
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    if image.shape[1] <= width:
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _encoded(images: Sequence[NDArray[np.uint8]], quality: int) -> bytes:
    animation = cv2.Animation()  # that goes round for ever
    animation.frames, animation.durations = images, [round(1000 / _RATE)] * len(images)
    done, data = cv2.imencodeanimation(SUFFIX, animation, [cv2.IMWRITE_WEBP_QUALITY, quality])
    if not done:
        raise DataError("OpenCV could not encode the moving picture")
    return bytes(data)
