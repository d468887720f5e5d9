# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Packets of ffmpeg_image_transport -> images. A packet alone is no image: they are decoded one after the other."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError, require
from fusion_perception.ros.encodings import MAX_SIDE
from fusion_perception.text import printable

_CODECS = ("h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mjpeg", "ffv1")
_CODEC_NAMES = (("264", "h264"), ("265", "hevc"), ("hevc", "hevc"), ("av1", "av1"))
_MAX_PIXELS = 2**26
_WAITING = 64  # packets whose image may come later
_KEY_FRAME = 1  # bit of flags


class VideoDecoder:
    """Decodes the packets of one topic.

    Args:
        grey: give luminance, of 8 or 16 bits as it was sent, instead of RGB.

    Raises:
        BackendError: the package ``av`` is not installed.
    """

    def __init__(self, *, grey: bool) -> None:
        self._av = require("av", "reading the video of ffmpeg_image_transport")
        self._grey = grey
        self._context: Any = None
        self._codec = ""
        self._started = False
        self._number = 0
        self._waiting: dict[int, tuple[int, str]] = {}

    def decode(self, message: Any, stamp_ns: int) -> list[tuple[NDArray[np.generic], int, str]]:
        """Decode one packet.

        Args:
            message: the packet.
            stamp_ns: stamp of its image.

        Returns:
            Images that it completes, with their stamps and frame ids; often one.

        Raises:
            ImageError: it cannot be decoded.
        """
        codec = codec_name(message.encoding)
        if not (0 < message.width <= MAX_SIDE and 0 < message.height <= MAX_SIDE) or (
            message.width * message.height > _MAX_PIXELS
        ):
            raise ImageError(f"video is {message.width} x {message.height} pixels; accepted: 1 to {MAX_SIDE} a side")
        if self._context is None or codec != self._codec:
            self._context, self._codec, self._started = self._open(codec), codec, False
        if not self._started and not message.flags & _KEY_FRAME:
            raise ImageError("the video does not begin with a key frame, and what comes before the first one is lost")
        self._started = True
        packet = self._av.Packet(bytes(message.data))
        packet.pts = packet.dts = self._number
        self._waiting[self._number] = stamp_ns, str(message.header.frame_id)
        self._number += 1
        while len(self._waiting) > _WAITING:
            del self._waiting[next(iter(self._waiting))]
        return self._images(packet)

    def finish(self) -> list[tuple[NDArray[np.generic], int, str]]:
        """Return the images that are still inside the decoder; nothing may follow."""
        if self._context is None or not self._started:
            return []
        return self._images(None)

    def _images(self, packet: Any) -> list[tuple[NDArray[np.generic], int, str]]:
        try:
            frames = self._context.decode(packet)
            return [
                (self._pixels(frame), *self._waiting.pop(frame.pts)) for frame in frames if frame.pts in self._waiting
            ]
        except (self._av.error.FFmpegError, ValueError, MemoryError) as error:
            raise ImageError(f"video of {self._codec} cannot be decoded ({printable(error, 100)})") from error

    def _pixels(self, frame: Any) -> NDArray[np.generic]:
        if frame.width * frame.height > _MAX_PIXELS:
            raise ImageError(f"video is {frame.width} x {frame.height} pixels; accepted: {_MAX_PIXELS} in all")
        if not self._grey:
            return np.asarray(frame.to_ndarray(format="rgb24"))
        deep = any(component.bits > 8 for component in frame.format.components)
        return np.asarray(frame.to_ndarray(format="gray16le" if deep else "gray"))

    def _open(self, codec: str) -> Any:
        try:
            context = self._av.CodecContext.create(codec, "r")
        except (self._av.error.FFmpegError, ValueError) as error:
            raise ImageError(f"this PyAV has no decoder for {codec}; install another one") from error
        context.thread_count = 1  # so that an image comes with its packet
        return context


def codec_name(encoding: str) -> str:
    """Return FFmpeg's name of the codec that an encoding names, as in ``libx264;yuv420p;bgr8``.

    Raises:
        ImageError: it is none that is decoded.
    """
    name = encoding.partition(";")[0].strip().lower()
    for part, codec in _CODEC_NAMES:
        if part in name:
            return codec
    for word in re.split(r"[^a-z0-9]+", name):
        if word.removeprefix("lib") in _CODECS:
            return word.removeprefix("lib")
    raise ImageError(f"video has encoding '{printable(encoding, 64)}'; accepted: {', '.join(_CODECS)}")
