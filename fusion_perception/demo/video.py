# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG files -> an mp4 that browsers play."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from fusion_perception.errors import DataError, require
from fusion_perception.files.atomic_file import cannot_write

# VP9 is free of licences and every current browser plays it from mp4. The encoder's real-time mode is some
# twenty times as fast as the default one, which is all that OpenCV's own writer offers.
_CODEC = "libvpx-vp9"
_OPTIONS = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "29"}
_BITS_PER_S = 2_000_000  # at most, for scenes that change from frame to frame


def write_video(frames: Sequence[Path], path: Path, rate: float, on_frame: Callable[[int], None] | None = None) -> None:
    """Encode frames of one size.

    Args:
        frames: JPEG files, all of the same even width and height; read one after the other.
        path: the mp4 to write.
        rate: frames a second.
        on_frame: called with the number of frames done, for progress.

    Raises:
        BackendError: the package ``av`` is not installed.
        DataError: there are no frames, one cannot be decoded, or the video cannot be written.
    """
    if not frames:
        raise DataError(f"no frames for {path}; nothing was recorded")
    av = require("av", "writing the video")
    try:
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream(_CODEC, rate=Fraction(rate).limit_denominator(1000))
            stream.pix_fmt = "yuv420p"
            stream.options = _OPTIONS
            stream.bit_rate = _BITS_PER_S
            for number, frame in enumerate(frames):
                image = cv2.imdecode(np.frombuffer(frame.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
                if image is None:
                    raise DataError(f"frame {number} of {path} is no JPEG")
                if number == 0:
                    stream.height, stream.width = image.shape[:2]
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
                if on_frame is not None:
                    on_frame(number + 1)
            container.mux(stream.encode())
    except OSError as error:  # as which the library raises what the disk refuses
        raise cannot_write(path, error) from error
