# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for what the worker works with."""

import threading

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from fusion_perception.types import EngineOutputs, Perception

GREY = np.zeros((2, 2), np.uint8)


class FakePerceiver:
    """Raises what it is told to, with attribution or without."""

    def __init__(self):
        self.error = self.attribution_error = self.degraded = None
        self.calls = []
        self.looks = []

    def look_at_alignment(self, now_ns):
        self.looks.append(now_ns)

    def perceive(self, pair, *, attribution=False):
        self.calls.append(attribution)
        error = self.attribution_error if attribution else self.error
        if error is not None:
            raise error
        share = GREY if attribution else None
        return Perception(
            EngineOutputs(GREY, GREY, GREY, share), pair.reference.stamp_ns, "camera", self.degraded, {"engine": 2.0}
        )


class FakeOutputs:
    """Wants everything and remembers for each result whether it has an attribution."""

    def __init__(self):
        self.published, self.infos = [], []
        self.wanted = self.attribution_wanted = True
        self.came = threading.Semaphore(0)

    def wants_anything(self):
        return self.wanted

    def wants_attribution(self):
        return self.attribution_wanted

    def publish(self, perception, camera_info):
        self.infos.append(camera_info)
        self.published.append(perception.outputs.attribution is not None)
        self.came.release()

    def publish_info(self, size, stamp_ns, frame_id, camera_info):
        self.infos.append((size, stamp_ns, frame_id, camera_info))
        self.came.release()


class FakeLogger:
    """Remembers what was logged; errors stand for pairs without a result."""

    def __init__(self, came):
        self.warnings, self.errors, self._came = [], [], came

    def warning(self, text):
        self.warnings.append(text)

    def error(self, text):
        self.errors.append(text)
        self._came.release()
