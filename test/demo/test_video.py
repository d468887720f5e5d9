# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the video: OpenCV reads it back."""

import cv2
import numpy as np
import pytest

from fusion_perception.demo.video import write_video
from fusion_perception.errors import DataError

pytest.importorskip("av", reason="PyAV is not installed (pip install av)")


def jpeg(level):
    image = np.full((64, 96, 3), level, np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1])


def test_all_frames_come_back_in_order(tmp_path):
    path, levels, seen = tmp_path / "v.mp4", [20, 80, 140, 200], []
    write_video([jpeg(level) for level in levels], path, 10.0, seen.append)
    assert seen == [1, 2, 3, 4]
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(10.0)
    means = []
    while (grabbed := video.read())[0]:
        assert grabbed[1].shape == (64, 96, 3)
        means.append(grabbed[1].mean())
    assert means == pytest.approx(levels, abs=6)
    data = path.read_bytes()
    assert b"vp09" in data, "not VP9"
    assert data.index(b"moov") < data.index(b"mdat"), "a browser would have to load the whole file first"


def test_no_frames_and_damaged_frames_are_errors(tmp_path):
    with pytest.raises(DataError, match="nothing was recorded"):
        write_video([], tmp_path / "v.mp4", 10.0)
    with pytest.raises(DataError, match=r"frame 1 of .* is no JPEG"):
        write_video([jpeg(0), b"no picture"], tmp_path / "v.mp4", 10.0)
