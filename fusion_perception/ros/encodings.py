# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The encodings of camera images: one table of what is accepted, and one function for each camera that converts it.

Pixels come in here as arrays, out of a raw message (``conversion``) or out of a JPEG or PNG (``compressed``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError

MAX_SIDE = 16384
"""Largest accepted width and height in pixels."""

_COLOUR_LEVELS = 24  # of 255: channels that differ by more are no grey, also after JPEG
_COLOUR_SHARE = 0.02  # of the pixels; a logo or a status line in colour is no palette
_SAMPLES = 100  # a side: pixels that are looked at for colour


@dataclass(frozen=True)
class Encoding:
    """Layout of one encoding.

    Attributes:
        dtype: element type without byte order, as NumPy names it.
        channels: numbers of one pixel.
        layout: ``grey``, ``colour``, ``bayer``, ``yuv422`` or ``nv`` (all luminance first, then both chroma).
        conversion: name of the OpenCV conversion to RGB; empty for grey and for RGB itself.
        luminance: where luminance stands in a pixel of ``yuv422``; for ``nv`` the columns that share one chroma.
    """

    dtype: str
    channels: int
    layout: str
    conversion: str = ""
    luminance: int = 0


_GREY8, _GREY16 = Encoding("u1", 1, "grey"), Encoding("u2", 1, "grey")
_BGR8, _BGRA8 = Encoding("u1", 3, "colour", "COLOR_BGR2RGB"), Encoding("u1", 4, "colour", "COLOR_BGRA2RGB")
_BGR16, _BGRA16 = Encoding("u2", 3, "colour", "COLOR_BGR2RGB"), Encoding("u2", 4, "colour", "COLOR_BGRA2RGB")
_UYVY = Encoding("u1", 2, "yuv422", "COLOR_YUV2RGB_UYVY", 1)
_YUYV = Encoding("u1", 2, "yuv422", "COLOR_YUV2RGB_YUY2", 0)
# OpenCV names a Bayer pattern by its second row and column: rggb is "BG" there.
_BAYER = {"rggb": "BG", "bggr": "RG", "gbrg": "GR", "grbg": "GB"}

_COLOURS = {
    "rgb8": Encoding("u1", 3, "colour"),
    "bgr8": _BGR8,
    "8UC3": _BGR8,  # OpenCV's order, as cv_bridge takes it
    "rgba8": Encoding("u1", 4, "colour", "COLOR_RGBA2RGB"),
    "bgra8": _BGRA8,
    "8UC4": _BGRA8,
    "rgb16": Encoding("u2", 3, "colour"),
    "bgr16": _BGR16,
    "16UC3": _BGR16,
    "rgba16": Encoding("u2", 4, "colour", "COLOR_RGBA2RGB"),
    "bgra16": _BGRA16,
    "16UC4": _BGRA16,
    "yuv422": _UYVY,
    "uyvy": _UYVY,
    "yuv422_yuy2": _YUYV,
    "yuyv": _YUYV,
    "nv12": Encoding("u1", 1, "nv", "COLOR_YUV2RGB_NV12", 2),
    "nv21": Encoding("u1", 1, "nv", "COLOR_YUV2RGB_NV21", 2),
    "nv24": Encoding("u1", 1, "nv", "COLOR_YUV2RGB_NV12", 1),
}

BAYER_ENCODINGS = {
    f"bayer_{pattern}{bits}": Encoding(f"u{bits // 8}", 1, "bayer", f"COLOR_Bayer{name}2RGB")
    for bits in (8, 16)
    for pattern, name in _BAYER.items()
}
"""Colour filter mosaics."""

RGB_ENCODINGS: dict[str, Encoding] = {
    **_COLOURS,
    **BAYER_ENCODINGS,
    "mono8": _GREY8,
    "8UC1": _GREY8,
    "mono16": _GREY16,
}
"""Encodings accepted from the RGB camera; of 16 bits the upper 8 are used."""

THERMAL_ENCODINGS: dict[str, Encoding] = {
    "mono8": _GREY8,
    "8UC1": _GREY8,
    "mono16": _GREY16,
    "16UC1": _GREY16,
    "16SC1": Encoding("i2", 1, "grey"),
    "32FC1": Encoding("f4", 1, "grey"),
    "64FC1": Encoding("f8", 1, "grey"),
    **_COLOURS,
}
"""Encodings accepted from the thermal camera: what its automatic gain made of them, raw counts, or temperatures.
Of colours the luminance is used."""

DECODED = {
    (1, "u1"): _GREY8,
    (1, "u2"): _GREY16,
    (3, "u1"): _BGR8,
    (3, "u2"): _BGR16,
    (4, "u1"): _BGRA8,
    (4, "u2"): _BGRA16,
}
"""What OpenCV's decoder gives, by channels and element type."""


def to_rgb(pixels: NDArray[np.generic], encoding: Encoding) -> NDArray[np.uint8]:
    """Return pixels as (H, W, 3) uint8 RGB; it may be a view.

    Raises:
        ImageError: chroma is shared by pixels that are not there.
    """
    if encoding.dtype == "u2":
        # The upper byte: REP and drivers give 16 bits the full range.
        pixels = (np.asarray(pixels, np.uint16) >> np.uint16(8)).astype(np.uint8)
    image: NDArray[np.uint8] = np.asarray(pixels, np.uint8)
    if encoding.layout == "grey":
        return np.repeat(image[..., None], 3, axis=2)
    if not encoding.conversion:
        return image[..., :3]
    if encoding.layout == "bayer" and min(image.shape) < 2:
        raise ImageError(
            f"RGB image is a mosaic of {image.shape[1]} x {image.shape[0]} pixels; accepted: 2 or more a side"
        )
    return np.asarray(_converted(image, encoding.conversion), np.uint8)


def to_thermal(pixels: NDArray[np.generic], encoding: Encoding) -> NDArray[np.generic]:
    """Return pixels as (H, W) uint8, uint16 or float32; it may be a view. Of colours it is the luminance."""
    if encoding.layout in {"grey", "bayer"}:  # a mosaic of one colour is grey
        if encoding.dtype in {"i2", "f8"}:
            with np.errstate(over="ignore"):  # what overflows is infinite, and told as such
                return pixels.astype(np.float32)
        return pixels
    if encoding.layout == "yuv422":
        return pixels[..., encoding.luminance]
    if encoding.layout == "nv":
        return pixels[: pixels.shape[0] * 2 // 3]
    code = "COLOR_BGR2GRAY" if "BGR" in encoding.conversion else "COLOR_RGB2GRAY"
    return np.asarray(_converted(pixels[..., :3], code), pixels.dtype)


def _converted(pixels: NDArray[np.generic], conversion: str) -> NDArray[np.generic]:
    import cv2

    try:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), getattr(cv2, conversion)))
    except cv2.error as error:  # pixels come from outside, and one image is not worth more than itself
        raise ImageError(f"an image of shape {pixels.shape} cannot be converted by OpenCV's {conversion}") from error


def is_false_colour(pixels: NDArray[np.generic], encoding: Encoding) -> bool:
    """Whether a thermal image has colours: a palette, whose luminance seldom grows with temperature."""
    if encoding.layout in {"grey", "bayer"}:
        return False
    step = [max(1, side // _SAMPLES // 2 * 2) for side in pixels.shape[:2]]
    if encoding.layout == "colour":
        sample = to_rgb(pixels[:: step[0], :: step[1]], encoding).astype(np.int16)
        difference = sample.max(2) - sample.min(2)
    else:
        planes = encoding.layout == "nv"
        chroma = pixels[pixels.shape[0] * 2 // 3 :] if planes else pixels[..., 1 - encoding.luminance]
        difference = np.abs(np.asarray(chroma, np.int16) - 128)
    return float(np.mean(difference > _COLOUR_LEVELS)) > _COLOUR_SHARE


def check_even(width: int, height: int, name: str, encoding: Encoding, camera: str) -> None:
    """Refuse sizes at which pixels that share their chroma are not all there."""
    if encoding.layout == "yuv422" and width % 2:
        raise ImageError(f"{camera} image is '{name}' with width {width}; accepted: an even width")
    if encoding.layout == "nv" and (width % 2 or height % 2):
        raise ImageError(f"{camera} image is '{name}' of {width} x {height} pixels; accepted: even width and height")
