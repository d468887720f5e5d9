# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.health import read_evidence
from fusion_perception.labels import MSRS9
from fusion_perception.types import EngineOutputs

SIZE = (8, 12)


def plane(left, right, dtype=np.uint8):
    """Two halves of a picture."""
    values = np.empty(SIZE, dtype)
    values[:, :6], values[:, 6:] = left, right
    return values


def outputs(mask, share, further=None):
    return EngineOutputs(np.zeros((*SIZE, 3), np.uint8), mask, plane(255, 255), share, further or {})


def test_shares_and_needs_stand_by_class():
    further = {
        "signed_thermal": plane(3.0, -9.0, np.float32),
        "signed_rgb": plane(0.0, 1.0, np.float32),
        "needed": plane(1, 3),
    }
    found = read_evidence(outputs(plane(2, 1), plane(192, 64), further), MSRS9)
    assert found.share == {"car": 0.25, "person": 0.75}
    assert found.reversed_without == {
        "thermal": {"all": 1.0, "car": 1.0, "person": 1.0},
        "rgb": {"all": 0.5, "car": 1.0, "person": 0.0},
    }
    # What speaks against a decision is no contribution to it.
    assert found.contribution == {"thermal": pytest.approx(0.75), "rgb": pytest.approx(0.25)}


@pytest.mark.parametrize(("mask", "part"), [(plane(0, 1), 0.1), (plane(0, 0), 0.5)])
def test_objects_count_where_there_are_any(mask, part):
    """On the background thermal speaks up, on the object it hardly does."""
    further = {
        "signed_thermal": plane(9.0, 1.0, np.float32),
        "signed_rgb": plane(1.0, 9.0, np.float32),
        "needed": plane(0, 0),
    }
    found = read_evidence(outputs(mask, plane(128, 128), further), MSRS9)
    assert found.contribution == {"thermal": pytest.approx(part), "rgb": pytest.approx(1 - part)}


def test_the_background_is_no_class():
    found = read_evidence(outputs(plane(0, 1), plane(10, 128)), MSRS9)
    assert found.share == {"car": 0.5}


def test_an_attribution_by_gradient_has_shares_alone():
    found = read_evidence(outputs(plane(1, 1), plane(255, 255)), MSRS9)
    assert found.share["car"] == pytest.approx(1, abs=0.01)
    assert not found.reversed_without and found.contribution is None


def test_where_nothing_speaks_for_a_decision_nobody_contributes():
    nothing = {
        "signed_thermal": plane(-1.0, 0.0, np.float32),
        "signed_rgb": plane(0.0, 0.0, np.float32),
        "needed": plane(0, 0),
    }
    assert read_evidence(outputs(plane(0, 0), plane(128, 128), nothing), MSRS9).contribution is None


def test_a_result_without_attribution_says_nothing():
    assert read_evidence(outputs(plane(0, 1), None), MSRS9) is None
