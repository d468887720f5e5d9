# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the parameter tables, without ROS."""

from pathlib import Path

import pytest

from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.ros.parameters import (
    FUSION_PARAMETERS,
    FusionSettings,
    ParameterError,
    defaults,
)

yaml = pytest.importorskip("yaml")

CONFIG = Path(__file__).parents[2] / "config" / "params.yaml"
TABLES = {"fusion_node": FUSION_PARAMETERS, "replay_node": REPLAY_PARAMETERS}


@pytest.mark.parametrize("spec", FUSION_PARAMETERS + REPLAY_PARAMETERS, ids=lambda spec: spec.name)
def test_every_row_is_complete_and_allows_its_default(spec):
    assert spec.description.endswith(".")
    spec.check(spec.default)
    assert spec.applies in {"at once", "on configure"}
    if spec.range is not None:
        assert isinstance(spec.default, (int, float))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_names_are_unique(table):
    names = [spec.name for spec in table]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("node", TABLES)
def test_the_shipped_file_names_real_parameters_with_values_that_are_allowed(node):
    values = yaml.safe_load(CONFIG.read_text())[f"/**/{node}"]["ros__parameters"]
    specs = {spec.name: spec for spec in TABLES[node]}
    for name, value in values.items():
        assert type(value) is type(specs[name].default) or isinstance(value, list), name
        specs[name].check(value)


def test_the_shipped_file_has_the_defaults_of_the_node():
    values = yaml.safe_load(CONFIG.read_text())["/**/fusion_node"]["ros__parameters"]
    expected = defaults(FUSION_PARAMETERS)
    expected["registration.homography"] = list(expected["registration.homography"])
    assert set(expected) - set(values) == {"autostart"}  # a launch argument
    assert {**expected, **values} == expected


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


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), float("nan")])
@pytest.mark.parametrize(
    "spec",
    [spec for spec in FUSION_PARAMETERS + REPLAY_PARAMETERS if isinstance(spec.default, (float, tuple))],
    ids=lambda spec: spec.name,
)
def test_no_number_may_be_infinite_or_none_at_all(spec, value):
    value = (*spec.default[:-1], value) if isinstance(spec.default, tuple) else value
    with pytest.raises(ParameterError, match=f"{spec.name} is .*; allowed: finite numbers"):
        spec.check(value)


def test_whole_numbers_are_taken_for_decimal_ones():
    values = {**defaults(FUSION_PARAMETERS), "sync.max_wait_ms": 400, "sync.window": 20.0}
    settings = FusionSettings.from_values({**values, "registration.homography": [2, 0, 0, 0, 2, 0, 0, 0, 2]})
    assert settings.sync.max_wait_ns == 400_000_000
    assert settings.sync.window == 20
    assert isinstance(settings.values["sync.window"], int)
    assert settings.values["registration.homography"] == (2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0)
    assert settings.registration.is_identity
