# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Six pictures of a moment -> one frame of the video."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

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
                self._canvas[top : top + _HEIGHT, left : left + _WIDTH] = _tile(image, title)[..., ::-1]
        return bytes(cv2.imencode(".jpg", self._canvas, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])


def _tile(image: NDArray[np.uint8], title: str) -> NDArray[np.uint8]:
    tile = np.asarray(cv2.resize(image, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    (width, _), _ = cv2.getTextSize(title, cv2.FONT_HERSHEY_SIMPLEX, 0.48, 1)
    tile[:20, : width + 10] //= 4
    cv2.putText(tile, title, (5, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (255, 255, 255), 1, cv2.LINE_AA)
    return tile
