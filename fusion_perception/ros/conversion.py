# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/Image <-> NumPy: the only place that knows encodings, and it trusts no message.

The functions take any object with the fields of ``sensor_msgs/Image``; ROS is imported nowhere here.
"""

from __future__ import annotations

import array
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError

MAX_SIDE = 16384
"""Largest accepted width and height in pixels."""


@dataclass(frozen=True)
class _Encoding:
    """Layout of one encoding: element type, channels, and how to get RGB from it."""

    dtype: str
    channels: int
    order: str  # "rgb", "grey", or the name of the OpenCV conversion to RGB


RGB_ENCODINGS: dict[str, _Encoding] = {
    "rgb8": _Encoding("u1", 3, "rgb"),
    "bgr8": _Encoding("u1", 3, "COLOR_BGR2RGB"),
    "8UC3": _Encoding("u1", 3, "COLOR_BGR2RGB"),  # OpenCV's order, as cv_bridge takes it
    "rgba8": _Encoding("u1", 4, "COLOR_RGBA2RGB"),
    "bgra8": _Encoding("u1", 4, "COLOR_BGRA2RGB"),
    "8UC4": _Encoding("u1", 4, "COLOR_BGRA2RGB"),
    "mono8": _Encoding("u1", 1, "grey"),
    "8UC1": _Encoding("u1", 1, "grey"),
    # OpenCV names a Bayer pattern by its second row and column: bayer_rggb8 is "BG" there.
    "bayer_rggb8": _Encoding("u1", 1, "COLOR_BayerBG2RGB"),
    "bayer_bggr8": _Encoding("u1", 1, "COLOR_BayerRG2RGB"),
    "bayer_gbrg8": _Encoding("u1", 1, "COLOR_BayerGR2RGB"),
    "bayer_grbg8": _Encoding("u1", 1, "COLOR_BayerGB2RGB"),
    "yuv422": _Encoding("u1", 2, "COLOR_YUV2RGB_UYVY"),
    "uyvy": _Encoding("u1", 2, "COLOR_YUV2RGB_UYVY"),
    "yuv422_yuy2": _Encoding("u1", 2, "COLOR_YUV2RGB_YUY2"),
    "yuyv": _Encoding("u1", 2, "COLOR_YUV2RGB_YUY2"),
}
"""Encodings accepted from the RGB camera."""

THERMAL_ENCODINGS: dict[str, _Encoding] = {
    "mono8": _Encoding("u1", 1, "grey"),
    "8UC1": _Encoding("u1", 1, "grey"),
    "mono16": _Encoding("u2", 1, "grey"),
    "16UC1": _Encoding("u2", 1, "grey"),
    "32FC1": _Encoding("f4", 1, "grey"),
}
"""Encodings accepted from the thermal camera: what its automatic gain made of them, raw counts, or temperatures."""

_OUTPUT_ENCODINGS = {"rgb8": (3, np.uint8), "mono8": (1, np.uint8), "mono16": (1, np.uint16), "32FC1": (1, np.float32)}


def rgb_from_message(message: Any) -> NDArray[np.uint8]:
    """Return the image of an RGB camera.

    Args:
        message: a ``sensor_msgs/Image``; grey images are repeated in all three channels.

    Returns:
        (H, W, 3) uint8 RGB. It may be a view of the message's data: do not write into it.

    Raises:
        ImageError: naming what came and what is accepted.
    """
    encoding = _encoding_of(message, RGB_ENCODINGS, "RGB")
    image = _pixels(message, encoding, "RGB")
    if encoding.order == "rgb":
        return image
    if encoding.order == "grey":
        return np.repeat(image[..., None], 3, axis=2)
    import cv2

    if encoding.channels == 2 and message.width % 2:
        raise ImageError(f"RGB image is '{message.encoding}' with width {message.width}; accepted: an even width")
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), getattr(cv2, encoding.order)), np.uint8)


def thermal_from_message(message: Any) -> NDArray[np.generic]:
    """Return the image of a thermal camera, in the camera's own unit.

    Args:
        message: a ``sensor_msgs/Image``.

    Returns:
        (H, W) uint8, uint16 or float32. It may be a view of the message's data: do not write into it.

    Raises:
        ImageError: naming what came and what is accepted; also when a float image has values that are
            not finite.
    """
    encoding = _encoding_of(message, THERMAL_ENCODINGS, "thermal")
    image = _pixels(message, encoding, "thermal")
    if encoding.dtype == "f4":
        bad = image.size - int(np.count_nonzero(np.isfinite(image)))
        if bad:
            raise ImageError(
                f"thermal image is '{message.encoding}' with {bad} of {image.size} values NaN or infinite; "
                "accepted: finite values only, so let the driver fill dead pixels"
            )
    return image


def fill_message(message: Any, image: NDArray[Any], encoding: str, header: Any) -> Any:
    """Write an image into a message.

    Args:
        message: a ``sensor_msgs/Image`` to fill.
        image: (H, W, 3) uint8 for ``rgb8``, (H, W) of the fitting type for ``mono8``, ``mono16``, ``32FC1``.
        encoding: the encoding.
        header: the ``std_msgs/Header`` to carry.

    Returns:
        The message.

    Raises:
        ImageError: image and encoding do not fit together.
    """
    channels, dtype = _OUTPUT_ENCODINGS[encoding]
    if image.dtype != dtype or image.shape[2:] != ((3,) if channels == 3 else ()) or image.ndim < 2:
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


def _encoding_of(message: Any, accepted: dict[str, _Encoding], camera: str) -> _Encoding:
    try:
        return accepted[message.encoding]
    except KeyError:
        raise ImageError(
            f"{camera} image has encoding '{message.encoding[:64]}'; accepted: {', '.join(accepted)}"
        ) from None


def _pixels(message: Any, encoding: _Encoding, camera: str) -> NDArray[Any]:
    """Return the pixels as (H, W) or (H, W, C), without padding and in native byte order."""
    height, width, step = message.height, message.width, message.step
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ImageError(f"{camera} image is {width} x {height} pixels; accepted: 1 to {MAX_SIDE} a side")
    dtype = np.dtype(encoding.dtype)
    row = width * encoding.channels * dtype.itemsize
    if step < row:
        raise ImageError(
            f"{camera} image is '{message.encoding}', {width} pixels wide, with step {step}; "
            f"accepted: a step of {row} bytes or more"
        )
    # np.frombuffer takes array.array, bytes and every other buffer; message types differ between ROS releases.
    data = np.frombuffer(message.data, np.uint8) if len(message.data) else np.empty(0, np.uint8)
    if data.size != step * height:
        raise ImageError(
            f"{camera} image is {width} x {height} '{message.encoding}' with step {step}, but its data has "
            f"{data.size} bytes; accepted: step x height = {step * height} bytes"
        )
    if dtype.itemsize > 1:
        dtype = dtype.newbyteorder(">" if message.is_bigendian else "<")
    shape: tuple[int, ...] = (height, width, encoding.channels)
    strides: tuple[int, ...] = (step, encoding.channels * dtype.itemsize, dtype.itemsize)
    if encoding.channels == 1:
        shape, strides = shape[:2], strides[:2]
    image: NDArray[Any] = np.ndarray(shape, dtype, data, 0, strides)
    return image.astype(dtype.newbyteorder("="), copy=False)
