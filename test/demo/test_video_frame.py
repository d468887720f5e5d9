# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the frames of the video."""

import tracemalloc

import cv2
import numpy as np
import pytest

from fusion_perception.demo.video_frame import VideoFrame


def pictures(levels):
    """Six pictures in two rows, each of one colour: that level in red, nothing else."""
    made = [np.full((6, 8, 3), (level, 0, 0), np.uint8) for level in levels]
    return [made[:3], made[3:]]


def test_pictures_lie_in_their_order_and_keep_their_colours():
    frame = VideoFrame()
    frame.jpeg(pictures([255] * 6))
    levels = [20, 60, 100, 140, 180, 220]
    image = cv2.imdecode(np.frombuffer(frame.jpeg(pictures(levels)), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (2 * 318, 3 * 424, 3)
    seen = image[159::318, 212::424].reshape(6, 3)
    np.testing.assert_allclose(seen, [(0, 0, level) for level in levels], atol=6)


def test_a_frame_asks_for_less_memory_than_one_picture_row():
    frame, six = VideoFrame(), pictures([100] * 6)
    frame.jpeg(six)
    tracemalloc.start()
    try:
        frame.jpeg(six)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 318 * 3 * 424 * 3


def test_a_missing_picture_is_refused():
    with pytest.raises(ValueError, match="argument 2 is longer"):
        VideoFrame().jpeg([pictures([1] * 6)[0]])
