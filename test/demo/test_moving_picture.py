# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The moving picture: OpenCV reads it back."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.demo import moving_picture
from fusion_perception.demo.moving_picture import LARGEST_BYTES, check_moving_picture, write_moving_picture
from fusion_perception.errors import BackendError, DataError

animated = pytest.mark.skipif(not hasattr(cv2, "imencodeanimation"), reason="OpenCV is older than 4.12")


def jpegs(folder, levels, size=(64, 96)):
    paths = []
    for number, level in enumerate(levels):
        paths.append(folder / f"{number:03d}.jpg")
        cv2.imwrite(str(paths[-1]), np.full((*size, 3), level, np.uint8))
    return paths


def read(path):
    done, animation = cv2.imreadanimation(str(path))
    assert done
    return animation


@animated
def test_it_shows_the_run_at_its_own_speed(tmp_path):
    path, seen = tmp_path / "new" / "run.webp", []
    levels = np.linspace(10, 240, 24).astype(int).tolist()
    write_moving_picture(jpegs(tmp_path, levels), path, 10.0, lambda done, of: seen.append((done, of)))
    animation = read(path)
    assert [frame.mean() for frame in animation.frames] == pytest.approx(levels[::2], abs=6)
    assert list(animation.durations) == [200] * 12, "24 frames at 10 a second last 2.4 s"
    assert animation.loop_count == 0, "it stops"
    assert seen == [(number, 12) for number in range(1, 13)]


@animated
@pytest.mark.parametrize("rate", [0.1, 2.0, 5.0, 7.0])
def test_slow_runs_keep_all_frames_and_are_shown_faster(tmp_path, rate):
    write_moving_picture(jpegs(tmp_path, np.linspace(10, 240, 24).astype(int)), tmp_path / "run.webp", rate)
    animation = read(tmp_path / "run.webp")
    assert (len(animation.frames), set(animation.durations)) == (24, {200})


@animated
def test_a_long_run_is_a_time_lapse(tmp_path, monkeypatch):
    monkeypatch.setattr(moving_picture, "_FRAMES", 8)
    write_moving_picture(jpegs(tmp_path, np.linspace(10, 240, 80).astype(int)), tmp_path / "run.webp", 5.0)
    assert len(read(tmp_path / "run.webp").frames) == 8


@animated
def test_what_would_be_too_large_gets_narrower_and_then_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(moving_picture, "_ATTEMPTS", ((96, 60), (64, 40), (32, 20)))
    frames = []
    for number in range(6):
        frames.append(tmp_path / f"{number}.jpg")
        noise = np.random.default_rng(number).integers(0, 255, (64, 96, 3), np.uint8)
        cv2.imwrite(str(frames[-1]), noise)
    path = tmp_path / "run.webp"
    write_moving_picture(frames, path, 5.0)
    whole = path.stat().st_size
    assert read(path).frames[0].shape[1] == 96
    assert whole < LARGEST_BYTES
    monkeypatch.setattr(moving_picture, "LARGEST_BYTES", whole // 2)
    write_moving_picture(frames, path, 5.0)
    assert path.stat().st_size < whole // 2
    assert read(path).frames[0].shape[1] < 96
    monkeypatch.setattr(moving_picture, "LARGEST_BYTES", 100)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"6 frames have \d.* play fewer pairs"):
        write_moving_picture(frames, path, 5.0)
    assert path.read_bytes() == before


@animated
def test_no_frames_damaged_frames_and_a_full_disk_are_sentences(tmp_path):
    with pytest.raises(DataError, match="nothing was recorded"):
        write_moving_picture([], tmp_path / "run.webp", 10.0)
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"frame 1 of .* is no JPEG"):
        write_moving_picture([*jpegs(tmp_path, [1]), damaged], tmp_path / "run.webp", 5.0)
    with pytest.raises(DataError, match=r"cannot write .*run\.webp: "):
        write_moving_picture(jpegs(tmp_path, [1, 200]), Path("/dev/full/run.webp"), 5.0)
    assert not (tmp_path / "run.webp").exists()


def test_other_formats_and_an_old_opencv_are_told_beforehand(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"give a name that ends in \.webp"):
        check_moving_picture(tmp_path / "run.gif")
    monkeypatch.delattr(cv2, "imencodeanimation", raising=False)
    with pytest.raises(BackendError, match=r"needs OpenCV 4\.12 or newer, this is .*; install it with: pip install"):
        check_moving_picture(tmp_path / "run.webp")


@animated
def test_a_new_opencv_can(tmp_path):
    check_moving_picture(tmp_path / "run.WEBP")
