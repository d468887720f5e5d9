# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.attribution_occlusion import measure_occlusion
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import BaselineMethod, MethodOutput
from fusion_perception.labels import MSRS9

SIZE = (60, 80)


class Local:
    """Sees the left half by thermal, the right half by RGB, each pixel on its own; surer where that is brighter."""

    name, labels, runs_here = "local", MSRS9, True

    def __init__(self, honest=True):
        self.honest = honest
        self.calls = 0

    def run(self, name, thermal, rgb, *, attribution=False):
        self.calls += 1
        left = np.arange(SIZE[1])[None] < SIZE[1] // 2
        black = np.zeros(SIZE, np.uint8)
        thermal, green = (black if image is None else image for image in (thermal, rgb if rgb is None else rgb[..., 1]))
        confidence = np.where(left, thermal, green).astype(np.uint8)
        mask = np.where(confidence > 40, 1, 0).astype(np.uint8)
        share = np.where(left == self.honest, 250, 5) + np.zeros(SIZE)
        return MethodOutput(np.zeros((*SIZE, 3), np.uint8), mask, confidence, share.astype(np.uint8))


@pytest.fixture
def evaluator(tmp_path):
    import cv2

    rng = np.random.default_rng(0)
    for folder, values in (("ir", 250), ("vi", 200)):
        (tmp_path / folder).mkdir()
        for name in ("00001D", "00002N"):
            grey = np.full(SIZE, 5, np.uint8)
            for row, column in rng.integers((0, 0), (14, 19), (40, 2)) * 4:  # bright squares that blurring dims
                grey[row : row + 4, column : column + 4] = values
            cv2.imwrite(str(tmp_path / folder / f"{name}.png"), grey)
    return Evaluator(PairDataset(tmp_path))


def test_a_local_share_that_is_right_ranks_as_occlusion_does(evaluator):
    found = measure_occlusion(evaluator, Local())
    assert list(found) == ["all", "day", "night"]
    assert found["all"].telling > 10
    assert found["all"].squares == found["day"].squares + found["night"].squares >= found["all"].telling
    assert found["all"].rank_correlation > 0.7
    assert found["all"].rank_correlation == -measure_occlusion(evaluator, Local(honest=False))["all"].rank_correlation


def test_a_pair_takes_as_many_runs_as_there_are_turns_for_each_sensor(evaluator):
    method = Local()
    measure_occlusion(evaluator, method, pairs=1)
    assert method.calls <= 1 + 2 * 9


def test_squares_with_few_object_pixels_say_nothing(evaluator, monkeypatch):
    monkeypatch.setattr("fusion_perception.lab.evaluation.attribution_occlusion.MIN_PIXELS", 1000)
    found = measure_occlusion(evaluator, Local())["all"]
    assert (found.squares, found.telling, found.rank_correlation, found.brightness) == (0, 0, None, None)


def test_a_method_without_masks_has_none(evaluator):
    assert measure_occlusion(evaluator, BaselineMethod("max")) == {}
