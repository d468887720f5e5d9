# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A film of results, made in parts that are joined without being encoded again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import require
from fusion_perception.labels import LabelSet
from fusion_perception.render import overlay, thermal_grey
from fusion_perception.resize import letterbox
from fusion_perception.types import EngineOutputs, FramePair

RATE = 10
"""Pairs a second at which the film plays, however many the cameras have sent."""

_WIDTH, _HEIGHT = 256, 192  # of each of three pictures: the encoder must not take longer than the network
_ALPHA = 0.5  # of the classes over the fused picture
_CODEC = "libvpx-vp9"  # free of licences, and every browser plays it from mp4
_OPTIONS = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "crf": "33"}
_BITS_PER_S = 1_000_000


class FilmPart:
    """Encodes frames into one mp4.

    Args:
        path: the file.

    Raises:
        BackendError: the package ``av`` is not installed.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._av = require("av", "writing the film")
        self._container = self._av.open(str(path), "w", format="mp4")
        self._stream = self._container.add_stream(_CODEC, rate=RATE)
        self._stream.width, self._stream.height = 3 * _WIDTH, _HEIGHT
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = _OPTIONS
        self._stream.bit_rate = _BITS_PER_S
        self._stream.codec_context.thread_count = 1  # as many processes as cores encode already

    def add(self, frame: NDArray[np.uint8]) -> None:
        """Encode one frame, as ``film_frame`` returns it."""
        self._container.mux(self._stream.encode(self._av.VideoFrame.from_ndarray(frame, "rgb24")))

    def close(self) -> None:
        """Complete the file."""
        try:
            self._container.mux(self._stream.encode())
        finally:
            self._container.close()


def film_frame(pair: FramePair, maps: EngineOutputs, labels: LabelSet) -> NDArray[np.uint8]:
    """Return thermal, RGB and overlay side by side; a camera without an image is black.

    Args:
        pair: the pair.
        maps: its results.
        labels: their classes.

    Returns:
        (H, W, 3) uint8 RGB of one size, whatever the cameras have.
    """
    thermal = None if pair.thermal is None else thermal_grey(pair.thermal.image)
    rgb = None if pair.rgb is None else np.asarray(pair.rgb.image, np.uint8)
    mask = letterbox(maps.mask, (_HEIGHT, _WIDTH), method=cv2.INTER_NEAREST)
    classes = overlay(_tile(maps.fused), mask, labels, _ALPHA)
    return np.concatenate([_tile(thermal), _tile(rgb), classes], axis=1)


def join(parts: Sequence[Path], path: Path) -> None:
    """Join films of the same kind into one.

    Args:
        parts: the files, in order.
        path: the file to write.

    Raises:
        BackendError: the package ``av`` is not installed.
        OSError: it cannot be written.
    """
    av: Any = require("av", "writing the film")
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream: Any = None
        frames = 0
        for part in parts:
            with av.open(str(part)) as source:
                given = source.streams.video[0]
                if stream is None:
                    stream = container.add_stream_from_template(given)
                count = 0
                for packet in source.demux(given):
                    if packet.size:
                        ticks = round(Fraction(1, RATE) / packet.time_base)
                        packet.pts = packet.dts = (frames + count) * ticks
                        packet.stream = stream
                        container.mux(packet)
                        count += 1
                frames += count


def _tile(image: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if image is None:
        return np.zeros((_HEIGHT, _WIDTH, 3), np.uint8)
    # Eight times as fast as by areas, and good enough at the size of a stamp.
    small = letterbox(image, (_HEIGHT, _WIDTH), method=cv2.INTER_LINEAR)
    return np.repeat(small[..., None], 3, axis=2) if small.ndim == 2 else small
