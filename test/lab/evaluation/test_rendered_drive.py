# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

from fusion_perception.documents.typed_document import check
from fusion_perception.lab.evaluation.methods import BaselineMethod, MethodOutput
from fusion_perception.lab.evaluation.rendered_drive import DRIVES, measure_drives
from fusion_perception.labels import MSRS9

SIZE = (48, 64)


class _Flickering:
    """Masks the warm half of the picture; in every other frame nothing."""

    name, labels, runs_here = "flickering", MSRS9, True
    count = 0

    def run(self, name, thermal, rgb, *, attribution=False):
        self.count += 1
        mask = (thermal > np.median(thermal)).astype(np.uint8) * (self.count % 2)
        return MethodOutput(rgb // 2 + np.uint8(30 * (self.count % 2)), mask)


@pytest.fixture(scope="module")
def figures():
    return measure_drives(_Flickering(), frames=3, size=SIZE, drives=DRIVES[:2])


def test_flicker_and_pumping_are_seen_where_the_truth_is_steady(figures):
    assert [d.name for d in figures.drives] == ["day, standing", "day, driving"]
    for drive in figures.drives:
        assert drive.figures.frame_pairs == 2
        assert drive.figures.masks.flicker > 0.3
        assert drive.figures.pumping_levels > 15
        assert drive.figures.unchanged_share > 0.5
    check(figures)


def test_a_method_without_masks_has_brightness_alone():
    ticks = []
    figures = measure_drives(
        BaselineMethod("max"), frames=2, size=SIZE, drives=DRIVES[3:], tick=lambda *at: ticks.append(at)
    )
    assert all(d.figures.masks is None and d.figures.pumping_levels < 10 for d in figures.drives)
    assert ticks == [(1, 2), (2, 2)]
