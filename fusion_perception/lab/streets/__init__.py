# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Rendered street scenes with ground truth."""

from fusion_perception.lab.streets.config import CONDITIONS, Box, SceneConfig, SyntheticFrame
from fusion_perception.lab.streets.scene import SyntheticScene
from fusion_perception.lab.streets.sequence import SyntheticSequence

__all__ = ["CONDITIONS", "Box", "SceneConfig", "SyntheticFrame", "SyntheticScene", "SyntheticSequence"]
