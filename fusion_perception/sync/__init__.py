# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Two camera streams become pairs, and the newest pair waits for the worker: no ROS, no clock."""

from fusion_perception.sync.latest_slot import LatestSlot
from fusion_perception.sync.outage import SENSORS, describe_outages
from fusion_perception.sync.pair_matcher import PairMatcher
from fusion_perception.sync.sync_settings import OFFSET_LIMIT_NS, WAIT_LIMIT_NS, SyncSettings
from fusion_perception.sync.sync_statistics import SyncStatistics

__all__ = [
    "OFFSET_LIMIT_NS",
    "SENSORS",
    "WAIT_LIMIT_NS",
    "LatestSlot",
    "PairMatcher",
    "SyncSettings",
    "SyncStatistics",
    "describe_outages",
]
