# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Small scenes, built once for all tests."""

from collections.abc import Callable
from functools import cache

import pytest

from fusion_perception.lab.streets import SceneConfig, SyntheticFrame, SyntheticScene

Render = Callable[..., SyntheticFrame]


@cache
def _scene(condition: str, seed: int, glare_source: str) -> SyntheticScene:
    config = SceneConfig(height=240, width=320, condition=condition, seed=seed, glare_source=glare_source)
    return SyntheticScene(config)


@cache
def _frame(condition: str, i: int, seed: int, glare_source: str) -> SyntheticFrame:
    return _scene(condition, seed, glare_source).frame(i)


@pytest.fixture(scope="session")
def render() -> Render:
    """Return a function of condition, number, seed and source of glare that renders a frame of 240 x 320."""

    def get(condition: str, i: int, seed: int = 1, glare_source: str = "headlights") -> SyntheticFrame:
        return _frame(condition, i, seed, glare_source)

    return get
