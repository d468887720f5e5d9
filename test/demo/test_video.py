# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the video: OpenCV reads it back."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.demo.video import write_video
from fusion_perception.errors import DataError

pytest.importorskip("av", reason="PyAV is not installed (pip install av)")


def jpeg(folder, level):
    path = folder / f"{level:03d}.jpg"
    cv2.imwrite(str(path), np.full((64, 96, 3), level, np.uint8))
    return path


def test_all_frames_come_back_in_order(tmp_path):
    path, levels, seen = tmp_path / "v.mp4", [20, 80, 140, 200], []
    write_video([jpeg(tmp_path, level) for level in levels], path, 10.0, seen.append)
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
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"frame 1 of .* is no JPEG"):
        write_video([jpeg(tmp_path, 0), damaged], tmp_path / "v.mp4", 10.0)


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"cannot write .*v\.mp4: "):
        write_video([jpeg(tmp_path, level) for level in range(9)], Path("/dev/full/v.mp4"), 10.0)
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "noise.jpg"), noise)
    frames = [str(tmp_path / "noise.jpg")] * 30
    code = (
        "import resource, sys; from pathlib import Path; from fusion_perception.demo.video import write_video\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"write_video([Path(f) for f in {frames}], Path({str(tmp_path / 'v.mp4')!r}), 10.0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DataError: cannot write" in done.stderr
    assert "File too large" in done.stderr
