# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.lab.data.image_pair import time_of_day


@pytest.mark.parametrize(
    ("name", "time"), [("00001D", "day"), ("00002N", "night"), ("00002N.png", "night"), ("x7", None)]
)
def test_the_time_of_day_is_read_from_the_name(name: str, time: str | None) -> None:
    assert time_of_day(name) == time
