# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of parameter_file."""

import numpy as np
import pytest
import yaml

from fusion_perception.lab.calibration.parameter_file import numbers, parameter_file

MATRIX = (1.25, -0.01, 300.123456789, 1e-3, 2, -5, 1.5e-7, -3.3e-5, 1)


def test_every_number_has_a_decimal_point():
    assert numbers(MATRIX) == "[1.25, -0.01, 300.123456789, 0.001, 2.0, -5.0, 0.00000015, -0.000033, 1.0]"


def test_the_file_holds_the_parameters_of_the_node():
    text = parameter_file(MATRIX, ["residual 1 px"])
    assert text.startswith("# residual 1 px\n")
    values = yaml.safe_load(text)["/**/fusion_node"]["ros__parameters"]
    assert values["registration.mode"] == "homography"
    assert values["registration.homography"] == pytest.approx(MATRIX)
    assert {type(value) for value in values["registration.homography"]} == {float}


def test_rounding_moves_no_pixel_of_a_large_camera():
    rng = np.random.default_rng(0)
    matrix = np.array([[4, 0.1, -300], [-0.1, 4, 20], [1e-5, -2e-5, 1]]) * (1 + rng.normal(0, 0.01, (3, 3)))
    read = np.array(yaml.safe_load(numbers(matrix.ravel()))).reshape(3, 3)
    corner = np.array([1280, 1024, 1])
    first, second = (m @ corner / (m @ corner)[2] for m in (matrix, read))
    assert first == pytest.approx(second, abs=1e-2)
