# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the colours of the nodes' logs."""

import pytest

from fusion_perception.ros.log_colours import choose_log_colours


@pytest.mark.parametrize(
    ("variables", "chosen"),
    [
        ({}, None),
        ({"NO_COLOR": "1"}, "0"),
        ({"NO_COLOR": ""}, None),
        ({"FORCE_COLOR": "1"}, "1"),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "0"),
        ({"RCUTILS_COLORIZED_OUTPUT": "1", "NO_COLOR": "1"}, "1"),
        ({"RCUTILS_COLORIZED_OUTPUT": "0", "FORCE_COLOR": "1"}, "0"),
    ],
)
def test_the_shared_variables_choose_unless_that_of_ros_is_set(variables, chosen):
    environment = dict(variables)
    choose_log_colours(environment)
    assert environment.get("RCUTILS_COLORIZED_OUTPUT") == chosen
    assert {name: environment[name] for name in variables} == variables
