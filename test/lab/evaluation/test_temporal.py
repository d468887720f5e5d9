# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.known_motion import KnownMotion
from fusion_perception.lab.evaluation.temporal import MIN_SIDE, TemporalScore
from fusion_perception.labels import MSRS9


def _texture(seed, height=120, width=400):
    noise = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4), np.uint8)
    return cv2.GaussianBlur(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), (0, 0), 2)


THERMAL, VISIBLE = _texture(0), _texture(1)
MASK = (THERMAL > 140).astype(np.uint8)


def _drive(step=3, frames=6):
    """A camera that moves over a still world."""
    for i in range(frames):
        window = np.s_[:, i * step : i * step + 160]
        yield THERMAL[window].copy(), VISIBLE[window].copy(), MASK[window].copy()


def _run(change=lambda i, fused, mask: (fused, mask), **kwargs):
    score = TemporalScore(MSRS9)
    for i, (thermal, visible, mask) in enumerate(_drive(**kwargs)):
        score.update(thermal, visible, *change(i, np.maximum(thermal, visible), mask))
    return score.summary()


def test_a_steady_method_is_consistent_under_camera_motion():
    summary = _run()
    assert summary.frame_pairs == 5
    assert summary.left_out == 0
    assert summary.unchanged_share > 0.8
    assert summary.masks.consistency > 0.97
    assert summary.masks.flicker < 0.02
    assert summary.pumping_levels < 0.3


def test_flicker_is_seen():
    summary = _run(lambda i, fused, mask: (fused, mask * (i % 2)))
    assert summary.masks.flicker > 0.3
    assert summary.masks.consistency < 0.1


def test_pumping_is_measured_in_grey_levels():
    summary = _run(lambda i, fused, mask: ((fused // 2 + 20 * (i % 2)).astype(np.uint8), mask))
    assert summary.pumping_levels == pytest.approx(20, abs=1)
    assert summary.masks.flicker < 0.02


def test_brightness_that_a_camera_shows_is_no_pumping():
    score = TemporalScore()
    for i in range(4):
        gain = np.uint8(6 * (i % 2))
        visible = VISIBLE[:, :160] // 2 + gain
        score.update(THERMAL[:, :160], visible, visible)
    assert score.summary().pumping_levels == pytest.approx(0, abs=1e-9)
    assert score.summary().masks is None


def test_known_motion_replaces_the_flow():
    score = TemporalScore(MSRS9)
    rows, columns = np.indices((120, 160), dtype=np.float32)
    for i, (thermal, visible, mask) in enumerate(_drive(step=40, frames=3)):  # too far for the flow
        x = columns + 40
        motion = KnownMotion(x, rows, x <= 159) if i else None
        score.update(thermal + np.uint8(20 * (i % 2)), visible, visible, mask, motion)
    summary = score.summary()
    assert summary.masks.consistency == 1 and summary.masks.flicker == 0
    assert summary.unchanged_share == pytest.approx(0.75)  # although thermal changed by 20 levels
    assert summary.pumping_levels == 0


def test_a_cut_is_left_out_and_a_restart_is_no_pair():
    score = TemporalScore(MSRS9)
    for seed in (5, 6):
        image = np.random.default_rng(seed).integers(0, 256, (100, 100), np.uint8)
        score.update(image, image[::-1].copy(), image, np.zeros_like(image))
    assert score.summary().left_out == 1
    score.restart()
    score.update(image, image, image, np.zeros_like(image))
    summary = score.summary()
    assert summary.left_out == 1 and summary.frame_pairs == 0
    assert summary.pumping_levels is None and summary.masks.consistency is None


@pytest.mark.parametrize(
    ("size", "left_out"), [((1, 1), 1), ((11, 11), 1), ((MIN_SIDE - 1, 640), 1), ((MIN_SIDE, 640), 0)]
)
def test_frames_too_small_for_the_flow_are_left_out_and_counted(size, left_out):
    score = TemporalScore(MSRS9)
    image = cv2.resize(THERMAL, size[::-1])
    for _ in range(2):
        score.update(image, image, image, np.zeros(size, np.uint8))
    summary = score.summary()
    assert (summary.left_out, summary.frame_pairs) == (left_out, 1 - left_out)


def test_images_of_one_frame_must_fit():
    with pytest.raises(ImageError, match="must have one size"):
        TemporalScore().update(THERMAL, VISIBLE[:, :10], VISIBLE)
