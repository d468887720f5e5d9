# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures that come but cannot be right: they stand still, are black, white or without structure. No ROS, no clock."""

from fusion_perception.health.camera_health import CameraHealth, HealthSettings
from fusion_perception.health.picture import FAULTS, advice, reason

__all__ = ["FAULTS", "CameraHealth", "HealthSettings", "advice", "reason"]
