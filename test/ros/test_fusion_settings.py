# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the settings that the node's parameters become, without ROS."""

import pytest

from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.parameter_spec import ParameterError, defaults
from fusion_perception.ros.parameters import FUSION_PARAMETERS


def test_defaults_make_settings():
    settings = FusionSettings.from_values(defaults(FUSION_PARAMETERS))
    assert settings.sync.tolerance_ns == 0
    assert settings.gain.mode == "percentile"
    assert settings.registration.is_identity


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sync.tolerance_ms", -1.0, r"sync.tolerance_ms is -1.0; allowed: 0 to 10000"),
        ("sync.window", 1, "sync.window is 1; allowed: 2 to 1000"),
        ("thermal.gain", "auto", "thermal.gain is 'auto'; allowed: percentile, fixed"),
        ("backend", "abacus", "backend is 'abacus'; allowed: auto, onnxruntime"),
        ("thermal.low_percentile", 99.9, "gain percentiles are 99.9 and 99.5"),
        ("thermal.range_min", 70000.0, r"gain range is 70000\.\.65535"),
        ("thermal.range_max", 1e300, r"thermal.range_max is 1e\+300; allowed: -1e\+09 to 1e\+09"),
        ("registration.homography", [1.0, 2.0], "allowed: 9 finite numbers"),
        ("registration.homography", [1, "0", 0, 0, 1, 0, 0, 0, 1], "registration.homography is .*; allowed: a number"),
        ("registration.homography", None, "registration.homography is empty; allowed: a list of numbers"),
        ("sync.window", True, "sync.window is True; allowed: a whole number"),
        ("sync.window", 30.5, "sync.window is 30.5; allowed: a whole number"),
        ("lazy", 1, "lazy is 1; allowed: true or false"),
        ("model", None, "model is empty; allowed: a text"),
    ],
)
def test_bad_values_are_named(name, value, message):
    with pytest.raises(ParameterError, match=message):
        FusionSettings.from_values({**defaults(FUSION_PARAMETERS), name: value})


def test_whole_numbers_are_taken_for_decimal_ones():
    values = {**defaults(FUSION_PARAMETERS), "sync.max_wait_ms": 400, "sync.window": 20.0}
    settings = FusionSettings.from_values({**values, "registration.homography": [2, 0, 0, 0, 2, 0, 0, 0, 2]})
    assert settings.sync.max_wait_ns == 400_000_000
    assert settings.sync.window == 20
    assert isinstance(settings.values["sync.window"], int)
    assert settings.values["registration.homography"] == (2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0)
    assert settings.registration.is_identity
