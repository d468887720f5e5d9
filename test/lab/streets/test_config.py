# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.streets import SceneConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"condition": "snow"}, "unknown condition 'snow'; allowed: day, night, fog, glare"),
        ({"glare_source": "moon"}, "unknown glare_source 'moon'"),
        ({"height": 8}, r"height = 8; allowed: 48\.\.4096"),
        ({"width": 99999}, "width = 99999"),
        ({"seed": -1}, "seed = -1"),
        ({"speed": float("nan")}, "speed = nan"),
        ({"people": 1000}, "people = 1000"),
    ],
)
def test_refuses(options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        SceneConfig(**options)


@pytest.mark.parametrize(
    ("condition", "source", "dark"),
    [
        ("day", "sun", False),
        ("night", "sun", True),
        ("fog", "sun", False),
        ("glare", "sun", False),
        ("glare", "headlights", True),
    ],
)
def test_dark(condition: str, source: str, dark: bool) -> None:
    assert SceneConfig(condition=condition, glare_source=source).dark is dark
