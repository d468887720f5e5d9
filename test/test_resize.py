# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of resizing."""

import numpy as np
import pytest

from fusion_perception.resize import resize


def test_an_image_of_the_size_wanted_is_not_copied():
    image = np.zeros((48, 64), np.uint8)
    assert resize(image, (48, 64)) is image


@pytest.mark.parametrize("channels", [(), (3,)], ids=["grey", "colour"])
@pytest.mark.parametrize("shape", [(48, 64), (64, 48)])
def test_downsizing_averages_areas(shape, channels):
    stripes = np.zeros((*shape, *channels), np.uint8)
    stripes[:, ::4] = 200  # linear interpolation would read two columns in four and miss half of the stripes or none
    assert set(np.unique(resize(stripes, (shape[0] // 4, shape[1] // 4)))) == {50}


def test_class_ids_are_never_mixed():
    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 20:40] = 8
    assert set(np.unique(resize(mask, (123, 77), nearest=True))) == {0, 8}
    assert len(np.unique(resize(mask, (123, 77)))) > 2
