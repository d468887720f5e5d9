# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What every part of a street needs to know about the whole street."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.lab.streets.climate import Climate
from fusion_perception.lab.streets.layout import Layout
from fusion_perception.lab.streets.lighting import Lighting


@dataclass(frozen=True)
class Setting:
    """One street at one time of day.

    Attributes:
        layout: where everything stands.
        lighting: all light.
        climate: all temperatures.
        detail: density of the textures; 1 suits pictures of 640 columns and more.
    """

    layout: Layout
    lighting: Lighting
    climate: Climate
    detail: float = 1.0
