# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the diverging colour map."""

import numpy as np
import pytest

from fusion_perception.colour_map import diverging_table


def test_diverging_table_gets_lighter_towards_the_middle_on_both_sides():
    luma = diverging_table().astype(float) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luma[:129]) >= -0.5).all()
    assert (np.diff(luma[128:]) <= 0.5).all()
    steps = np.abs(np.diff(diverging_table().astype(int), axis=0)).max()
    assert steps <= 5, "a visible band in the table"
    with pytest.raises(ValueError, match="read-only"):
        diverging_table()[0, 0] = 1
