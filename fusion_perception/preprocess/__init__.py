# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What happens to images before the engine: thermal gain control and registration."""

from fusion_perception.preprocess.gain_control import GAIN_MODES, GainControl, GainSettings
from fusion_perception.preprocess.plane_registration import PlaneRegistration
from fusion_perception.preprocess.registration import IDENTITY, Registration

__all__ = ["GAIN_MODES", "IDENTITY", "GainControl", "GainSettings", "PlaneRegistration", "Registration"]
