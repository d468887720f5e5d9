# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the pairs for calibration and parity checks."""

import re

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.export.calibration_pairs import calibration_pairs
from fusion_perception.ros.parameters import FUSION_PARAMETERS


@pytest.fixture
def data(tmp_path):
    def write(dtype):
        for folder, image in (("vi", np.zeros((48, 64, 3), np.uint8)), ("ir", np.zeros((48, 64), dtype))):
            (tmp_path / folder).mkdir()
            for name in "abc":
                cv2.imwrite(str(tmp_path / folder / f"{name}.png"), image)
        return tmp_path

    return write


def test_pairs_have_the_size_of_the_graph(data):
    pairs = list(calibration_pairs(data(np.uint8), None, 2, 24, 32))
    assert [(thermal.shape, rgb.shape) for thermal, rgb in pairs] == [((24, 32), (24, 32, 3))] * 2


def test_raw_thermal_images_are_refused_with_a_parameter_that_exists(data):
    with pytest.raises(DataError, match="thermal images of type uint16") as caught:
        next(calibration_pairs(data(np.uint16), None, 2, 24, 32))
    named = re.search(r"parameter ([\w.]+)", str(caught.value))[1]
    assert named in {spec.name for spec in FUSION_PARAMETERS}


def test_no_pairs():
    with pytest.raises(DataError, match="at least 1 pair; got 0"):
        next(calibration_pairs("synthetic", None, 0, 24, 32))
