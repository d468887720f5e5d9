# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the figures in /diagnostics, without ROS."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from fusion_perception.engine import EngineInfo
from fusion_perception.engine.metadata import AttributionInfo, ModelMetadata
from fusion_perception.health import ContributionWatch, Evidence, HealthSettings
from fusion_perception.labels import MSRS9
from fusion_perception.ros.diagnostics import SERIES, engine_values, figures, make_message
from fusion_perception.ros.health_watch import HealthWatch
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.sync import SyncStatistics

DOCUMENT = (Path(__file__).parents[2] / "docs" / "node.md").read_text(encoding="utf-8")


def all_values():
    statistics, sync = NodeStatistics(), SyncStatistics()
    statistics.count("results", 3)
    for series in SERIES:
        statistics.record(series, 12.5)
    sync.add_pair(-4_000_000)
    sync.add_pair(8_000_000)
    info = EngineInfo(
        "onnxruntime", "cpu", "CPUExecutionProvider", "fp32", "m.onnx",
        ModelMetadata("realtime", MSRS9, 480, 640, attribution=AttributionInfo.shapley()),
        {"onnxruntime": "1.0"}, ("one", "two"),
    )  # fmt: skip
    health = HealthWatch(HealthSettings(), lambda *_: None)
    watch, parts = ContributionWatch(), {"thermal": 0.25, "rgb": 0.75}
    watch.see(Evidence({"car": 0.5}, {"thermal": {"all": 0.1}, "rgb": {"all": 0.2}}, parts), 1)
    return {**figures(statistics, sync), **engine_values(info), **health.values(0), **watch.values(1)}


def test_the_figures_are_text_of_what_was_counted():
    values = all_values()
    assert all(isinstance(value, str) for value in values.values())
    assert values["results"] == "3"
    assert values["failures"] == "0"
    assert values["pairs_matched"] == "2"
    assert values["sync_offset_ms_mean"] == "2.00"
    assert values["sync_gap_ms_p95"] == "7.80"
    assert [values[f"engine_ms_{suffix}"] for suffix in ("p50", "p95", "max")] == ["12.50"] * 3
    assert values["labels"].startswith("0 unlabelled, 1 car, 2 person")
    assert values["notes"] == "one; two"
    assert values["version_onnxruntime"] == "1.0"


def test_latencies_are_absent_before_the_first_result():
    assert not any("_ms_p50" in key for key in figures(NodeStatistics(), SyncStatistics()))


def test_every_key_is_documented():
    for key in all_values():
        name = key.partition("_ms_")[0] + "_ms_" if key.startswith(tuple(SERIES)) else key
        name = "version_" if key.startswith("version_") else name
        assert f"`{name}" in DOCUMENT, key


def test_text_from_outside_is_made_printable_and_the_rig_is_named():
    pytest.importorskip("diagnostic_msgs.msg", reason="diagnostic_msgs is not installed")
    from builtin_interfaces.msg import Time

    clock = SimpleNamespace(now=lambda: SimpleNamespace(to_msg=Time))
    node = SimpleNamespace(get_fully_qualified_name=lambda: "/fusion_node", get_clock=lambda: clock)
    evil = "a\n[FATAL] \x1b[31m\udc80"
    (status,) = make_message(node, 1, "running", {"labels": evil}, [evil], f"rig {evil}").status
    shown = r"a\n[FATAL] \x1b[31m\x80"
    assert status.message == f"running; {shown}"
    assert status.values[0].value == shown
    assert status.hardware_id == f"rig {shown}"
    assert make_message(node, 0, "running", {}).status[0].hardware_id == "fusion_perception"
