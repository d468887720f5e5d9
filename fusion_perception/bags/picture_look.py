# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the images of a topic look like, as far as it tells a thermal from an RGB camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.bags.image_messages import VIDEO
from fusion_perception.bags.video_packets import VideoDecoder
from fusion_perception.errors import ImageError
from fusion_perception.ros.compressed import decode
from fusion_perception.ros.conversion import is_compressed, rgb_from_message
from fusion_perception.ros.encodings import BAYER_ENCODINGS, RGB_ENCODINGS, THERMAL_ENCODINGS, to_rgb

_SAMPLES = 100  # a side: pixels that are looked at
_COLOURFUL = 2.0  # mean difference of the channels, of 255: above it an image has colours, also at night and after JPEG
_PALETTE = 256  # colours in all: a picture of a colour camera has thousands, a false-colour palette no more than this
_ENOUGH = 2000  # pixels, so that a number of colours says something


@dataclass(frozen=True)
class Look:
    """The look of an image.

    Attributes:
        width: in pixels.
        height: in pixels.
        kind: ``"raw"`` (more than 8 bits, as thermal cameras send counts), ``"palette"`` (false colours), ``"grey"``,
            ``"colour"``, or ``"mosaic"`` (of a colour filter).
        bytes: of the image, decoded as RGB.
    """

    width: int
    height: int
    kind: str
    bytes: int

    @property
    def thermal(self) -> int:
        """How much it speaks for a thermal camera; below 0 for an RGB one."""
        return {"raw": 4, "palette": 3, "grey": 1, "colour": -3, "mosaic": -4}[self.kind]

    @property
    def text(self) -> str:
        """Kind in words."""
        return {
            "raw": "more than 8 bits",
            "palette": "false colours",
            "grey": "grey",
            "colour": "colours",
            "mosaic": "a mosaic of colours",
        }[self.kind]


def look_at(message: Any, message_type: str) -> Look:
    """Return the look of a message with an image.

    Raises:
        ImageError: it cannot be decoded.
        BackendError: it is video, and the package that decodes it is not installed.
    """
    if message_type == VIDEO:
        if any(word in message.encoding.lower() for word in ("mono16", "16uc1", "gray10", "gray12", "gray16")):
            return Look(message.width, message.height, "raw", 2 * message.width * message.height)
        images = VideoDecoder(grey=False)
        frames = images.decode(message, 1) or images.finish()
        if not frames:
            raise ImageError("the video gives no image")
        return _of_rgb(np.asarray(frames[0][0], np.uint8))
    if is_compressed(message):
        pixels, encoding = decode(message.data, message.format, "camera")
        if encoding.channels == 1 and encoding.dtype != "u1" and encoding.layout == "grey":
            return Look(pixels.shape[1], pixels.shape[0], "raw", pixels.nbytes)
        if encoding.layout == "bayer":
            return Look(pixels.shape[1], pixels.shape[0], "mosaic", 3 * pixels.size)
        return _of_rgb(to_rgb(pixels, encoding))
    height, width = int(message.height), int(message.width)
    known = THERMAL_ENCODINGS.get(message.encoding)
    if known is not None and known.channels == 1 and known.layout == "grey" and known.dtype != "u1":
        return Look(width, height, "raw", len(message.data))
    if message.encoding in BAYER_ENCODINGS:
        return Look(width, height, "mosaic", 3 * height * width)
    if message.encoding not in RGB_ENCODINGS:
        raise ImageError(f"it has encoding '{message.encoding}'")
    return _of_rgb(rgb_from_message(message))


def typical(looks: Sequence[Look]) -> Look | None:
    """Return the look of most; None without any. Colours in one image are enough: another one may be dark."""
    if not looks:
        return None
    coloured = [look for look in looks if look.kind == "colour"]
    return (coloured or sorted(looks, key=lambda look: look.thermal))[-1]


def _of_rgb(rgb: NDArray[np.uint8]) -> Look:
    height, width = rgb.shape[:2]
    step = [max(1, side // _SAMPLES) for side in (height, width)]
    sample = rgb[:: step[0], :: step[1]].reshape(-1, 3)
    difference = float(np.mean(sample.max(1).astype(np.int16) - sample.min(1)))
    kind = "grey"
    if difference > _COLOURFUL:
        many = len(sample) < _ENOUGH or len(np.unique(sample, axis=0)) > _PALETTE
        kind = "colour" if many else "palette"
    return Look(width, height, kind, rgb.nbytes)
