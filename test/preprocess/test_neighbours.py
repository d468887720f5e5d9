# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the neighbours of pixels."""

import numpy as np
import pytest

from fusion_perception.preprocess.neighbours import neighbours


def around(place, distance=1):
    rows, columns = neighbours(np.array([place]), (20, 30), distance)
    return sorted(zip(rows[0].tolist(), columns[0].tolist(), strict=True))


@pytest.mark.parametrize("distance", [1, 2, 4])
def test_the_eight_directions(distance):
    steps = (-distance, 0, distance)
    expected = [(10 + down, 15 + right) for down in steps for right in steps if (down, right) != (0, 0)]
    assert around((10, 15), distance) == expected


def test_beyond_the_border_lies_the_border():
    assert set(around((0, 29))) == {(0, 28), (0, 29), (1, 28), (1, 29)}
    assert set(around((19, 0), 4)) == {(15, 0), (15, 4), (19, 0), (19, 4)}
