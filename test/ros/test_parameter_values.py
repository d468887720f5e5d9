# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of parameter values as people write them, without ROS."""

import array
from contextlib import nullcontext

import pytest

from fusion_perception.ros.parameter_values import in_type_of

LIST = (1.0, 0.0, 2.5)


@pytest.mark.parametrize(
    ("default", "value", "expected"),
    [
        (0.5, 2, 2.0),
        (0.5, 2.25, 2.25),
        (0.5, True, "a number"),
        (0.5, "2", "a number"),
        (0.5, None, "a number"),
        (0.5, 10**400, "a number"),
        (3, 4, 4),
        (3, 4.0, 4),
        (3, 4.5, "a whole number"),
        (3, float("nan"), "a whole number"),
        (3, float("inf"), "a whole number"),
        (3, False, "a whole number"),
        (True, False, False),
        (True, 1, "true or false"),
        ("auto", "torch", "torch"),
        ("auto", 5, "a text"),
        (LIST, (3, 4, 5.5), (3.0, 4.0, 5.5)),
        (LIST, [1, 0], (1.0, 0.0)),
        (LIST, array.array("d", (1, 2)), (1.0, 2.0)),
        (LIST, "[1, 0.5, -2e1]", (1.0, 0.5, -20.0)),
        (LIST, [], ()),
        (LIST, [True], "a number"),
        (LIST, ["1"], "a number"),
        (LIST, None, "a list of numbers"),
        (LIST, 5, "a list of numbers"),
        (LIST, "5", "a list of numbers"),
        (LIST, "one two", "a list of numbers"),
        (LIST, '{"1": 2}', "a list of numbers"),
        (LIST, "[" * 9000, "a list of numbers"),
        (LIST, "[" + "1," * 10**6 + "1]", "a list of numbers"),
        (LIST, "[[1], 2]", "a number"),
    ],
)
def test_a_value_takes_the_type_of_the_default(default, value, expected):
    refused = (isinstance(expected, str) and not isinstance(default, str)) or (default == "auto" and value == 5)
    with pytest.raises(ValueError, match=f"^{expected}$") if refused else nullcontext():
        result = in_type_of(default, value)
        assert result == expected
        assert type(result) is type(default)
        assert not isinstance(result, tuple) or all(type(item) is float for item in result)
