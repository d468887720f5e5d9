# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras that send pictures of no use: by a look at the pictures, and by what the network makes of them.

No ROS, no clock.
"""

from fusion_perception.health.camera_health import CameraHealth, HealthSettings
from fusion_perception.health.contribution import ContributionSettings, ContributionWatch
from fusion_perception.health.event_log import EventLog, RunEvent
from fusion_perception.health.evidence import Evidence, read_evidence
from fusion_perception.health.map_shares import MapShares, map_shares
from fusion_perception.health.picture import FAULTS, advice, reason

__all__ = [
    "FAULTS",
    "CameraHealth",
    "ContributionSettings",
    "ContributionWatch",
    "EventLog",
    "Evidence",
    "HealthSettings",
    "MapShares",
    "RunEvent",
    "advice",
    "map_shares",
    "read_evidence",
    "reason",
]
