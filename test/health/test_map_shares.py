# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of shares of classes and sensors: they are those that can be counted by hand."""

import numpy as np
import pytest

from fusion_perception.health import MapShares, map_shares
from fusion_perception.labels import PST5
from fusion_perception.types import EngineOutputs


def outputs(attribution=None, needed=None):
    mask = np.zeros((8, 8), np.uint8)
    mask[:4], mask[6:] = 1, 3
    further = {} if needed is None else {"needed": needed}
    return EngineOutputs(np.zeros((8, 8, 3), np.uint8), mask, mask, attribution, further)


def test_shares_of_classes():
    assert map_shares(outputs(), PST5) == MapShares((0.25, 0.5, 0.0, 0.25, 0.0))


def test_thermal_share_of_each_object_and_of_all():
    attribution = np.full((8, 8), 128, np.uint8)
    attribution[:4], attribution[6:] = 64, 255
    shares = map_shares(outputs(attribution), PST5)
    assert shares.class_thermal == (None, 0.25, None, pytest.approx(255 / 256, abs=1e-3), None)
    assert shares.object_thermal == pytest.approx((2 * 0.25 + 255 / 256) / 3, abs=1e-3)
    assert shares.reversed_without == {}


def test_decisions_that_a_sensor_would_reverse():
    needed = np.zeros((8, 8), np.uint8)
    needed[0], needed[1], needed[2] = 1, 2, 3
    shares = map_shares(outputs(np.full((8, 8), 128, np.uint8), needed), PST5)
    assert shares.reversed_without == {"thermal": 0.25, "rgb": 0.25}


def test_without_objects_or_attribution_there_is_no_share_of_objects():
    assert map_shares(outputs(), PST5).object_thermal is None
    assert MapShares((1.0, 0.0), (None, None)).object_thermal is None
