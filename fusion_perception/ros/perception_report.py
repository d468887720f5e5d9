# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What fusion_node says of itself: one diagnostics message a period, and log lines for what is wrong."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray

from fusion_perception.perceiver import Perceiver
from fusion_perception.ros import diagnostics
from fusion_perception.ros.camera_topics import describe_conflict
from fusion_perception.ros.engine_watch import EngineWatch
from fusion_perception.ros.inputs import CameraInputs
from fusion_perception.ros.node_parts import NodeParts
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.parameters import not_yet_applied
from fusion_perception.ros.stamp_age import describe_ages, describe_clock
from fusion_perception.ros.thermal_report import ThermalReport
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.ros.twin_watch import SharedTopics, TwinWatch
from fusion_perception.ros.worker import PerceptionWorker
from fusion_perception.sync import PairMatcher

_REPEAT_S = 10.0  # shortest time between two log messages of one kind
_OK, _WARN, _ERROR = 0, 1, 2  # diagnostic levels
_GRAVE = ("no result", "callbacks failed")  # in remarks: an error, not a mere warning

_NEWS = {
    "messages rejected": ("rejected_thermal", "rejected_rgb"),
    "pairs with no result": ("failures",),
    "pairs whose attribution failed": ("attribution_failures",),
    "callbacks failed, see the log": ("callback_failures",),
}


class PerceptionReport:
    """Makes the diagnostics messages of a node, and logs what they warn of.

    Args:
        node: an rclpy node.
        statistics: its counters and latencies.
        matcher: pairs its frames.

    Attributes:
        engine: notices what becomes of the engine.
    """

    def __init__(self, node: Any, statistics: NodeStatistics, matcher: PairMatcher) -> None:
        self._node = node
        self._statistics = statistics
        self._matcher = matcher
        self._throttle = LogThrottle(_REPEAT_S)
        self._twins = TwinWatch(node)
        self._shared = SharedTopics(node)
        self._thermal = ThermalReport()
        self.engine = EngineWatch()
        self._reported: Counter[str] = Counter()

    def message(self, parts: NodeParts) -> DiagnosticArray:
        """Return the message of now."""
        level, summary, remarks = _OK, "running", []
        if parts.worker is None or parts.inputs is None:
            level, summary = _WARN, "not active" if parts.info is not None else "not configured"
        else:
            results = [] if parts.outputs is None else parts.outputs.topics()
            warnings = self._warnings(parts.inputs, parts.worker, results) | _alignment(parts)
            for kind, text in warnings.items():
                admitted = self._throttle.admit(kind, text)
                if admitted:
                    self._node.get_logger().warning(admitted)
            remarks = list(warnings.values())
        self._tell_engine(parts)
        remarks += [*filter(None, [self._twins.remark]), *self._news(), *self._thermal_news(parts.perceiver)]
        level = _WARN if remarks or (parts.info is not None and parts.info.notes) else level
        if any(word in remark for remark in remarks for word in _GRAVE):
            level = _ERROR
        values = diagnostics.figures(self._statistics, self._matcher.statistics)
        if parts.info is not None:
            values.update(diagnostics.engine_values(parts.info))
        if parts.perceiver is not None:
            values.update(self._thermal.values(parts.perceiver.gain))
            values.update(parts.perceiver.drift.values())
            values["registration"] = parts.perceiver.registration.kind
        if parts.inputs is not None:
            values.update(parts.inputs.health.values(time.monotonic_ns()))
        if parts.worker is not None:
            values.update(parts.worker.contribution.values(time.monotonic_ns()))
        values["sync_tolerance_ms"] = f"{self._matcher.tolerance_ns / 1e6:.2f}"
        values["state"] = summary
        values["pending_parameters"] = ", ".join(sorted(not_yet_applied(parts.configured, parts.settings.values)))
        hardware_id = parts.settings.values["hardware_id"]
        return diagnostics.make_message(self._node, level, summary, values, remarks, hardware_id)

    def _tell_engine(self, parts: NodeParts) -> None:
        """Log what has become of the engine since it was opened, such as a network that is compiled now."""
        better, worse = self.engine.news(parts.info)
        if better:
            self._node.get_logger().info(better)
        for note in worse:
            self._node.get_logger().warning(note)

    def failed(self, error: Exception) -> DiagnosticArray:
        """Return what to send when ``message`` has failed, so that the failure is seen."""
        text = f"no diagnostics: {type(error).__name__}, see the log"
        return diagnostics.make_message(self._node, _ERROR, text, {})

    def _warnings(self, inputs: CameraInputs, worker: PerceptionWorker, results: list[str]) -> dict[str, str]:
        """What is wrong now, by kind; it is logged as well."""
        warnings = {f"silent_{sensor}": text for sensor, text in inputs.silence().items()}
        warnings |= inputs.health.warnings(time.monotonic_ns())
        warnings |= worker.contribution.warnings(time.monotonic_ns())
        now_ns = time.monotonic_ns()
        found = {
            "topics": describe_conflict(inputs.topics, results),
            "shared": None if self._twins.remark else self._shared.look(results),  # one cause is told once
            "degraded": self._matcher.degradation(now_ns),
            "unsynchronised": self._matcher.hint(now_ns),
            "stamp_age": describe_ages(self._matcher.ages_ns()),
            "no_clock": describe_clock(self._node),
            "stuck": worker.trouble(),
        }
        return warnings | {kind: text for kind, text in found.items() if text is not None}

    def _news(self) -> list[str]:
        """What has happened since the last report; it was logged when it happened."""
        news = []
        for what, counters in _NEWS.items():
            total = sum(self._statistics.counter(counter) for counter in counters)
            if total > self._reported[what]:
                news.append(f"{total - self._reported[what]} {what}")
            self._reported[what] = total
        return news

    def _thermal_news(self, perceiver: Perceiver | None) -> list[str]:
        """What the gain control has found since the last report; it is logged here."""
        if perceiver is None:
            return []
        defects, shutter = self._thermal.warning(perceiver.gain), self._thermal.news(perceiver.gain)
        if defects is not None:
            self._node.get_logger().warning(defects)
        if shutter is not None:
            self._node.get_logger().info(shutter)
        return [text for text in (defects, shutter) if text is not None]


def _alignment(parts: NodeParts) -> dict[str, str]:
    """What is wrong with how thermal lies on RGB, by kind of warning."""
    found = {
        "registration": parts.registration.remark,
        "alignment": None if parts.perceiver is None else parts.perceiver.drift.warning(),
    }
    return {kind: text for kind, text in found.items() if text is not None}
