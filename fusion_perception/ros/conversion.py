# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of cameras <-> NumPy; it trusts no message.

The functions take any object with the fields of ``sensor_msgs/Image`` or ``sensor_msgs/CompressedImage``; ROS is
imported nowhere here.
"""

from __future__ import annotations

import array
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.outputs import ENCODINGS
from fusion_perception.preprocess.fill_missing import FILL_SHARE, fill_missing
from fusion_perception.ros.compressed import decode
from fusion_perception.ros.encodings import (
    MAX_SIDE,
    RGB_ENCODINGS,
    THERMAL_ENCODINGS,
    Encoding,
    check_even,
    is_false_colour,
    to_rgb,
    to_thermal,
)
from fusion_perception.text import printable

_SENT_ENCODINGS = {"mono16": (1, "uint16"), **{name: (n, dtype) for (dtype, n), name in ENCODINGS.items()}}


def rgb_from_message(message: Any) -> NDArray[np.uint8]:
    """Return the image of an RGB camera.

    Args:
        message: a ``sensor_msgs/Image`` or ``CompressedImage``; grey images are repeated in all three channels.

    Returns:
        (H, W, 3) uint8 RGB. It may be a view of the message's data: do not write into it.

    Raises:
        ImageError: naming what came and what is accepted.
    """
    return to_rgb(*_read(message, RGB_ENCODINGS, "RGB"))


def thermal_from_message(
    message: Any, fill_share: float = FILL_SHARE, on_filled: Callable[[int, int], object] | None = None
) -> NDArray[np.generic]:
    """Return the image of a thermal camera, in the camera's own unit.

    Args:
        message: a ``sensor_msgs/Image`` or ``CompressedImage``; of colours the luminance is used.
        fill_share: share of a float image, 0..1, that may be NaN or infinite; it is filled from its neighbours.
        on_filled: called with the number of pixels that were filled, and the number of all, if any were.

    Returns:
        (H, W) uint8, uint16 or float32. It may be a view of the message's data: do not write into it.

    Raises:
        ImageError: naming what came and what is accepted; also when more of a float image is not finite.
    """
    pixels, encoding = _read(message, THERMAL_ENCODINGS, "thermal")
    image = to_thermal(pixels, encoding)
    if image.dtype == np.float32:
        try:
            image, filled = fill_missing(image.astype(np.float32, copy=False), fill_share)
        except ImageError as error:
            raise ImageError(f"thermal image is '{printable(message_kind(message), 64)}' with {error}") from None
        if filled and on_filled is not None:
            on_filled(filled, image.size)
    return image


def thermal_remark(message: Any) -> str | None:
    """Say what is doubtful about a thermal message that is accepted, or return None.

    Raises:
        ImageError: as ``thermal_from_message``.
    """
    pixels, encoding = _read(message, THERMAL_ENCODINGS, "thermal")
    kind = printable(message_kind(message), 64)
    if is_false_colour(pixels, encoding):
        return (
            f"thermal images are '{kind}' in colours, of which the luminance is used: in most false-colour palettes it "
            "does not grow with temperature, so set the camera to a grey palette (white hot), or to mono8, mono16"
        )
    if encoding.dtype == "u1" and is_compressed(message) and "16" in message.format.partition(";")[0]:
        return (
            f"thermal images are '{kind}': of 16 bits 8 are left, and most of the contrast is lost; "
            "let the publisher compress by PNG, which keeps them"
        )
    return None


def is_compressed(message: Any) -> bool:
    """Whether a message is a ``sensor_msgs/CompressedImage``."""
    return hasattr(message, "format")


def message_kind(message: Any) -> str:
    """Return how a message describes its image: its encoding, or the format of a compressed one."""
    kind: str = message.format if is_compressed(message) else message.encoding
    return kind


def fill_message(message: Any, image: NDArray[Any], encoding: str, header: Any) -> Any:
    """Write an image into a message.

    Args:
        message: a ``sensor_msgs/Image`` to fill.
        image: (H, W, 3) uint8 for ``rgb8``, (H, W, 2) float32 for ``32FC2``, (H, W) of the fitting type for
            ``mono8``, ``mono16`` and ``32FC1``.
        encoding: the encoding.
        header: the ``std_msgs/Header`` to carry.

    Returns:
        The message.

    Raises:
        ImageError: image and encoding do not fit together.
    """
    channels, dtype = _SENT_ENCODINGS[encoding]
    if image.dtype != dtype or image.shape[2:] != ((channels,) if channels > 1 else ()) or image.ndim < 2:
        raise ImageError(f"an image of shape {image.shape} and dtype {image.dtype} cannot be sent as '{encoding}'")
    image = np.ascontiguousarray(image)
    message.header = header
    message.height, message.width = image.shape[:2]
    message.encoding = encoding
    message.is_bigendian = 0
    message.step = image.strides[0]
    # Assigning anything but array.array is checked element by element (tens of milliseconds an image).
    data = array.array("B")
    data.frombytes(image.data.cast("B"))
    message.data = data
    return message


def _read(message: Any, accepted: Mapping[str, Encoding], camera: str) -> tuple[NDArray[np.generic], Encoding]:
    """Return the pixels of a raw or compressed message, and their layout."""
    if is_compressed(message):
        return decode(message.data, message.format, camera)
    encoding = accepted.get(message.encoding)
    if encoding is None:
        raise ImageError(
            f"{camera} image has encoding '{printable(message.encoding, 64)}'; accepted: {', '.join(accepted)}"
        )
    return _pixels(message, encoding, camera), encoding


def _pixels(message: Any, encoding: Encoding, camera: str) -> NDArray[Any]:
    """Return the pixels as (H, W) or (H, W, C), without padding and in native byte order."""
    height, width, step = message.height, message.width, message.step
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ImageError(f"{camera} image is {width} x {height} pixels; accepted: 1 to {MAX_SIDE} a side")
    check_even(width, height, message.encoding, encoding, camera)
    dtype = np.dtype(encoding.dtype)
    row = width * encoding.channels * dtype.itemsize
    if step < row:
        raise ImageError(
            f"{camera} image is '{message.encoding}', {width} pixels wide, with step {step}; "
            f"accepted: a step of {row} bytes or more"
        )
    # np.frombuffer takes array.array, bytes and every other buffer; message types differ between ROS releases.
    data = np.frombuffer(message.data, np.uint8) if len(message.data) else np.empty(0, np.uint8)
    rows, meaning = height, "step x height"
    if encoding.layout == "nv":
        rows, meaning = (
            (3 * height, "3 x step x height") if encoding.luminance == 1 else (height * 3 // 2, "3/2 x step x height")
        )
    if data.size != step * rows:
        raise ImageError(
            f"{camera} image is {width} x {height} '{message.encoding}' with step {step}, but its data has "
            f"{data.size} bytes; accepted: {meaning} = {step * rows} bytes"
        )
    if encoding.layout == "nv":
        return _luminance_and_chroma(data.reshape(rows, step), height, width)
    if dtype.itemsize > 1:
        dtype = dtype.newbyteorder(">" if message.is_bigendian else "<")
    shape: tuple[int, ...] = (height, width, encoding.channels)
    strides: tuple[int, ...] = (step, encoding.channels * dtype.itemsize, dtype.itemsize)
    if encoding.channels == 1:
        shape, strides = shape[:2], strides[:2]
    image: NDArray[Any] = np.ndarray(shape, dtype, data, 0, strides)
    return image.astype(dtype.newbyteorder("="), copy=False)


def _luminance_and_chroma(rows: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Return (H * 3 / 2, W): luminance, then pairs of chroma for every 2 x 2 pixels; nv24 has them for every pixel."""
    if len(rows) == height * 3 // 2:
        return rows[:, :width]
    chroma = rows[height:].reshape(height, -1)[::2, : 2 * width].reshape(height // 2, width, 2)[:, ::2]
    return np.concatenate([rows[:height, :width], chroma.reshape(height // 2, width)])
