# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.camera_shake import CHANGES, CameraShake, measure_shake, next_frame
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.fusion_metrics import luminance
from fusion_perception.lab.evaluation.methods import BaselineMethod, MethodOutput
from fusion_perception.labels import MSRS9
from test.lab.evaluation.scenes import PerfectMethod, write_dataset

BY_NAME = {change.name: change for change in CHANGES}


def _picture(seed):
    noise = np.random.default_rng(seed).integers(30, 220, (24, 32), np.uint8)
    return cv2.GaussianBlur(cv2.resize(noise, (256, 192), interpolation=cv2.INTER_CUBIC), (0, 0), 2)


THERMAL, RGB = _picture(0), np.repeat(_picture(1)[..., None], 3, axis=2)


def _steady(thermal, rgb):
    fused = np.maximum(thermal, luminance(rgb))
    return MethodOutput(fused, (cv2.GaussianBlur(thermal, (0, 0), 3) > 125).astype(np.uint8) * 2)


def _run(change, method=_steady, after=None, draws=4):
    score = CameraShake(MSRS9)
    before = method(THERMAL, RGB)
    for seed in range(draws):
        frame = next_frame(THERMAL, RGB, BY_NAME[change], np.random.default_rng(seed))
        score.update(BY_NAME[change], (THERMAL, RGB, before), (frame, (after or method)(frame.thermal, frame.rgb)))
    return next(c for c in score.summary().changes if c.name == change).splits["all"]


@pytest.mark.parametrize("change", ["noise", "shake"])
def test_a_steady_method_agrees_with_itself(change):
    figures = _run(change)
    assert figures.frame_pairs == 4
    assert figures.masks.agreement > 0.98 and figures.masks.interior_agreement > 0.999
    assert figures.masks.consistency > 0.95
    assert figures.pumping_levels < 0.5


def test_without_the_known_shift_a_shake_would_not_agree():
    frame = next_frame(THERMAL, RGB, BY_NAME["shake"], np.random.default_rng(0))
    assert 0.2 < np.hypot(frame.dx, frame.dy) < 3
    back = np.array([[1, 0, frame.dx], [0, 1, frame.dy]])
    carried = cv2.warpAffine(frame.thermal, back, (256, 192), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    inner = np.s_[4:-4, 4:-4]
    still, moved = (np.abs(image.astype(int) - THERMAL)[inner].mean() for image in (carried, frame.thermal))
    assert still < 0.3 * moved


def test_flicker_is_seen():
    def other(thermal, rgb):
        output = _steady(thermal, rgb)
        return MethodOutput(output.fused, np.zeros_like(output.mask))

    figures = _run("noise", after=other)
    assert figures.masks.consistency == 0
    assert figures.masks.agreement < 0.8 and figures.masks.interior_agreement < 0.8


def test_brightness_may_follow_the_gain_but_not_exceed_it():
    figures = _run("gain")
    assert 1 < figures.input_change_levels < 6
    assert 0.3 < figures.change_ratio < 1.1
    assert figures.pumping_levels < 0.3

    def stretched(thermal, rgb):
        fused = _steady(thermal, rgb).fused.astype(float)
        return MethodOutput(np.clip(fused + 4 * (fused.mean() - 130), 0, 255).astype(np.uint8))

    pumping = _run("gain", method=stretched)
    assert pumping.change_ratio > 2 and pumping.pumping_levels > 2


def test_noise_has_no_ratio():
    figures = _run("noise")
    assert figures.change_ratio is None and figures.input_change_levels < 0.1


def test_a_data_set_by_day_and_night(tmp_path):
    dataset = PairDataset(write_dataset(tmp_path))
    figures = measure_shake(Evaluator(dataset), PerfectMethod(dataset))
    assert [c.name for c in figures.changes] == ["noise", "shake", "gain", "all together"]
    noise, shake = (c.splits for c in figures.changes[:2])
    assert list(noise) == ["all", "day", "night"] and noise["day"].frame_pairs == 4
    assert noise["all"].masks.agreement == 1  # its mask does not depend on the images
    assert shake["all"].masks.agreement < 1  # nor does it move with them
    fusing = measure_shake(Evaluator(dataset, limit=1), BaselineMethod("max")).changes[0].splits
    assert fusing["day"].masks is None and fusing["day"].pumping_levels >= 0


def test_images_must_have_one_size():
    frame = next_frame(THERMAL, RGB, BY_NAME["noise"], np.random.default_rng(0))
    small = MethodOutput(THERMAL[:10])
    with pytest.raises(ImageError, match="one size"):
        CameraShake(None).update(BY_NAME["noise"], (THERMAL, RGB, small), (frame, small))
