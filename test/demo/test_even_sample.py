# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a sample of a stream: all of a short one, evenly spread over a long one."""

import pytest

from fusion_perception.demo.even_sample import EvenSample


@pytest.mark.parametrize(("length", "expected"), [(3, [0, 1, 2]), (5, [0, 2, 4]), (20, [0, 8, 16])])
def test_a_sample_is_even(length, expected):
    sample = EvenSample(4)
    for k in range(length):
        sample.add(k)
    assert sample.items == expected
