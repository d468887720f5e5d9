# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The node's state and figures as diagnostic_msgs/DiagnosticArray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fusion_perception.engine import EngineInfo
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.sync import SyncStatistics
from fusion_perception.text import printable

TOPIC = "/diagnostics"
"""Absolute by convention: aggregators listen there."""

COUNTERS = (
    "received_thermal",
    "received_rgb",
    "lost_thermal",
    "lost_rgb",
    "rejected_thermal",
    "rejected_rgb",
    "filled_thermal",
    "dropped",
    "idle",
    "degraded",
    "failures",
    "attribution_failures",
    "callback_failures",
    "results",
)
"""Events counted by the node since it started."""

SERIES = {
    "latency": "latency_ms",
    "processing": "processing_ms",
    "preprocess": "preprocess_ms",
    "engine": "engine_ms",
    "postprocess": "postprocess_ms",
    "publish": "publish_ms",
}
"""Latencies: name of the series -> prefix of its keys (``_p50``, ``_p95``, ``_max``)."""


def engine_values(info: EngineInfo) -> dict[str, str]:
    """Return what is really running, as key-value pairs."""
    metadata = info.metadata
    values = {
        "model": metadata.name,
        "model_path": info.model_path,
        "backend": info.backend,
        "device": info.device,
        "provider": info.provider,
        "precision": info.precision,
        "input_size": f"{metadata.height} x {metadata.width}",
        "labels": ", ".join(f"{number} {name}" for number, name in enumerate(metadata.labels.names)),
    }
    if metadata.attribution is not None:
        values["attribution_method"] = metadata.attribution.method
    values.update({f"version_{package}": version for package, version in info.versions.items()})
    if info.choice:
        values["backend_choice"] = info.choice
    if info.notes:
        values["notes"] = "; ".join(info.notes)
    return values


def figures(statistics: NodeStatistics, sync: SyncStatistics) -> dict[str, str]:
    """Return all counters and latencies, as key-value pairs."""
    values = {name: str(statistics.counter(name)) for name in COUNTERS}
    values.update(
        {
            "pairs_matched": str(sync.paired),
            "frames_alone": str(sum(sync.alone.values())),
            "no_partner": str(sync.no_partner),
            "surplus": str(sync.surplus),
            "duplicates": str(sync.duplicates),
            "unusable": str(sum(sync.unusable.values())),
            "out_of_order": str(sync.out_of_order),
            "time_jumps": str(sync.time_jumps),
            "sync_offset_ms_mean": f"{sync.mean_offset_ms:.2f}",
            "sync_gap_ms_p95": f"{sync.p95_gap_ms:.2f}",
        }
    )
    for series, prefix in SERIES.items():
        percentiles = statistics.percentiles(series)
        if percentiles is not None:
            for suffix, value in zip(("p50", "p95", "max"), percentiles, strict=True):
                values[f"{prefix}_{suffix}"] = f"{value:.2f}"
    return values


def make_message(
    node: Any, level: int, summary: str, values: Mapping[str, str], remarks: Sequence[str] = (), hardware_id: str = ""
) -> Any:
    """Return a DiagnosticArray with the one status of this node.

    Args:
        node: an rclpy node, for its name and clock.
        level: 0 OK, 1 WARN, 2 ERROR.
        summary: the state in one phrase.
        values: key-value pairs.
        remarks: sentences a user should read; they are added to the summary.
        hardware_id: name of the rig; empty gives the package's.
    """
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

    status = DiagnosticStatus()
    status.level = (DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR)[level]
    status.name = f"{node.get_fully_qualified_name()}: perception"
    status.hardware_id = printable(hardware_id or "fusion_perception")
    # A lone surrogate cannot be sent, and monitors print what they get.
    status.message = printable("; ".join((summary, *remarks)), 0)
    status.values = [KeyValue(key=key, value=printable(value, 0)) for key, value in values.items()]
    message = DiagnosticArray(status=[status])
    message.header.stamp = node.get_clock().now().to_msg()
    return message
