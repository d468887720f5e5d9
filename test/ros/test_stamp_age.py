# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of stamps against the node's clock, without ROS."""

import pytest

from fusion_perception.ros.stamp_age import describe_ages, is_plausible

MS = 1_000_000


@pytest.mark.parametrize(
    ("age_ms", "plausible"), [(0, True), (-150, True), (-300_121, False), (9_000, True), (11_000, False)]
)
def test_ages_that_can_be(age_ms, plausible):
    assert is_plausible(age_ms * MS) == plausible
    assert (describe_ages({"rgb": age_ms * MS}) is None) == plausible


def test_what_is_said_of_others():
    text = describe_ages({"thermal": -600_000 * MS, "rgb": 86_400_000 * MS})
    assert "the stamps of thermal images are 600.0 s ahead of and the stamps of rgb images are 86400.0 s behind" in text
    assert "so latency is not measured; synchronise the clocks" in text
    assert "the stamps of rgb images are 86400.0 s behind this node's clock" in describe_ages({"rgb": 86_400_000 * MS})
    assert "use simulated time" in describe_ages({"rgb": 86_400_000 * MS})
    assert describe_ages({}) is None
