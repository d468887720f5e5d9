# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The test by sensors that fail while their images arrive: honest attributions pass it, that of a gradient does not."""

import numpy as np
import pytest

from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.attribution_corruption import CorruptionTest, measure_corruption
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.failures import FAILED_SENSORS, FROZEN
from fusion_perception.lab.evaluation.methods import MethodOutput
from test.lab.evaluation.scenes import NAMES, PerfectMethod, write_dataset

SHAPE = (20, 20)
THERMAL = next(f for f in FAILED_SENSORS if f.sensor == "thermal")
RGB = next(f for f in FAILED_SENSORS if f.sensor == "rgb")


def output(mask, share):
    mask = np.broadcast_to(np.uint8(mask), SHAPE).copy()
    return MethodOutput(np.zeros((*SHAPE, 3), np.uint8), mask, None, np.broadcast_to(np.uint8(share), SHAPE).copy())


def figures(failed, *pairs):
    test = CorruptionTest()
    for clean, found in pairs:
        test.update(failed, clean, found)
    return next(f for f in test.summary() if (f.sensor, f.name) == (failed.sensor, failed.failure.name))


@pytest.mark.parametrize(("failed", "away", "towards"), [(THERMAL, 64, 192), (RGB, 192, 64)])
def test_the_share_has_to_leave_the_failing_sensor(failed, away, towards):
    clean = output(1, 128)
    found = figures(failed, (clean, output(1, away)), (clean, output(1, away)), (clean, output(1, towards)))
    assert (found.pairs, found.away, found.share_before) == (3, pytest.approx(2 / 3), 0.5)
    assert found.share_after == pytest.approx((0.25 + 0.25 + 0.75) / 3)
    assert found.decisions_changed == 0 and found.share_where_changed is None


def test_a_sensor_that_is_not_named_need_not_be_named_less():
    found = figures(THERMAL, (output(1, 2), output(1, 2)), (output(1, 200), output(1, 200)))
    assert found.away == 0.5  # the second one stays named


def test_decisions_that_changed_are_counted_apart():
    clean, mask = output(1, 128), np.ones(SHAPE, np.uint8)
    mask[:5] = 2
    share = np.where(mask == 2, 224, 32).astype(np.uint8)
    found = figures(THERMAL, (clean, MethodOutput(clean.fused, mask, None, share)))
    assert found.decisions_changed == 0.25 and found.share_where_changed == 224 / 256
    assert found.away == 1 and found.share_after == 0.125


def test_pairs_whose_decisions_are_all_changed_or_that_have_no_object_are_left_out():
    found = figures(THERMAL, (output(1, 128), output(0, 128)), (output(0, 128), output(1, 128)))
    assert (found.pairs, found.away, found.share_before, found.decisions_changed) == (0, None, None, 1.0)


class Watcher(PerfectMethod):
    """Names the sensor whose image has the wider range of values; ``gullible``: the other one."""

    def __init__(self, dataset, gullible=False):
        super().__init__(dataset)
        self.gullible = gullible

    def run(self, name, thermal, rgb, *, attribution=False):
        output = super().run(name, thermal, rgb, attribution=attribution)
        if output.attribution is not None and (thermal.std() < rgb.std()) != self.gullible:
            output.attribution[:] = 10
        elif output.attribution is not None:
            output.attribution[:] = 245
        return output


def test_every_failure_of_either_sensor_is_tried(tmp_path):
    dataset = PairDataset(write_dataset(tmp_path))
    honest = measure_corruption(Evaluator(dataset), Watcher(dataset))
    assert [(f.sensor, f.name) for f in honest] == [(f.sensor, f.failure.name) for f in FAILED_SENSORS]
    constant = [f for f in honest if f.name.startswith(("constant", "own mean"))]
    assert len(constant) == 10 and all((f.pairs, f.away) == (4, 1.0) for f in constant)
    fooled = measure_corruption(Evaluator(dataset), Watcher(dataset, gullible=True))
    assert all(f.away == 0 and f.share_after > 0.9 for f in fooled if f.name.startswith(("constant", "own mean")))


def test_without_another_pair_no_camera_freezes(tmp_path):
    dataset = PairDataset(write_dataset(tmp_path, NAMES[:1]))
    found = measure_corruption(Evaluator(dataset), Watcher(dataset))
    assert len(found) == len(FAILED_SENSORS) - 2
    assert FROZEN.name not in {f.name for f in found}
