# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of pairs."""

import pytest

from fusion_perception.lab.calibration.pairs import spread


@pytest.mark.parametrize(("length", "number"), [(0, 5), (3, 5), (5, 5), (100, 5), (101, 48)])
def test_a_sequence_is_covered_from_end_to_end(length, number):
    chosen = spread(length, number)
    assert len(chosen) == min(length, number)
    assert list(chosen) == sorted(set(chosen))
    if length:
        assert (chosen[0], chosen[-1]) == (0, length - 1)
