# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the parameter tables, without ROS."""

from dataclasses import replace
from pathlib import Path

import pytest

from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.ros.parameter_spec import ParameterError, ParameterSpec, defaults
from fusion_perception.ros.parameters import FUSION_PARAMETERS

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


def test_descriptions_say_when_a_change_takes_effect_if_not_at_once():
    spec = ParameterSpec("speed", 1.0, "Speed in m/s.")
    assert spec.full_description == "Speed in m/s."
    assert replace(spec, applies="on configure").full_description == "Speed in m/s. Read on configure."
    assert replace(spec, read_only=True).full_description == "Speed in m/s. Fixed at start."


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
    expected = {name: list(value) if isinstance(value, tuple) else value for name, value in expected.items()}
    assert set(expected) - set(values) == {"autostart", "build_only"}  # launch arguments
    assert {**expected, **values} == expected


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
