# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How far the thermal image lies beside the RGB image: measured on the edges that both show, over many frames."""

from fusion_perception.alignment.drift_watch import DriftSettings, DriftWatch
from fusion_perception.alignment.patch_offsets import Offsets, PatchOffsets
from fusion_perception.alignment.structure import structure

__all__ = ["DriftSettings", "DriftWatch", "Offsets", "PatchOffsets", "structure"]
