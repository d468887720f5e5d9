# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Six pictures of a moment -> one frame of the video."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.render import titled

_TITLES = (("thermal", "fused", "overlay"), ("RGB", "mask", "attribution: blue RGB, red thermal"))
_WIDTH, _HEIGHT = 424, 318  # of one picture
_JPEG_QUALITY = 92


class VideoFrame:
    """Lays pictures out in two rows: what came in at the left, what came out of it at the right.

    One canvas serves all frames: megabytes that are asked for and given back at each would leave the memory of a
    long run in pieces.
    """

    def __init__(self) -> None:
        rows, columns = len(_TITLES), len(_TITLES[0])
        self._canvas = np.empty((rows * _HEIGHT, columns * _WIDTH, 3), np.uint8)

    def jpeg(self, pictures: Sequence[Sequence[NDArray[np.uint8]]]) -> bytes:
        """Return a frame as a JPEG file.

        Args:
            pictures: thermal, fused, overlay; RGB, mask, attribution: ``(height, width, 3)`` RGB of any size.
        """
        for row, (images, titles) in enumerate(zip(pictures, _TITLES, strict=True)):
            for column, (image, title) in enumerate(zip(images, titles, strict=True)):
                top, left = row * _HEIGHT, column * _WIDTH
                self._canvas[top : top + _HEIGHT, left : left + _WIDTH] = titled(image, title, (_HEIGHT, _WIDTH))[
                    ..., ::-1
                ]
        return bytes(cv2.imencode(".jpg", self._canvas, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])
