# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the node says of itself, without DDS."""

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from builtin_interfaces.msg import Time

from fusion_perception.alignment import DriftWatch
from fusion_perception.engine import EngineInfo
from fusion_perception.health import ContributionSettings, ContributionWatch, Evidence
from fusion_perception.preprocess import GainControl
from fusion_perception.ros.camera_topics import camera_topic
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.node_parts import NodeParts
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.parameter_spec import defaults
from fusion_perception.ros.parameters import FUSION_PARAMETERS
from fusion_perception.ros.perception_report import PerceptionReport
from fusion_perception.sync import PairMatcher
from test.alignment.rig_scenes import rig
from test.engine.tiny_model import tiny_metadata

from .fake_node import FakeNode

OK, WARN, ERROR = b"\0", b"\1", b"\2"


class ReportingNode(FakeNode):
    """A fake node with the name, the clock and the graph that a report asks for."""

    def __init__(self):
        super().__init__()
        self.nodes = [("fusion_node", "/")]

    def get_name(self):
        return "fusion_node"

    def get_namespace(self):
        return "/"

    def get_fully_qualified_name(self):
        return "/fusion_node"

    def get_node_names_and_namespaces(self):
        return self.nodes

    def create_timer(self, period_s, callback, clock):
        pass

    def get_parameter(self, name):
        return SimpleNamespace(value=False)

    def get_clock(self):
        now = SimpleNamespace(nanoseconds=self.time_ns, to_msg=lambda: Time(sec=self.time_ns // 10**9))
        return SimpleNamespace(now=lambda: now)


class Reported:
    """A running node's parts, and what is reported of them."""

    def __init__(self):
        values = defaults(FUSION_PARAMETERS)
        settings = FusionSettings.from_values(values)
        self.node, self.statistics, self.matcher = ReportingNode(), NodeStatistics(), PairMatcher(settings.sync)
        self.silence, self.trouble = {}, None
        self.contribution = ContributionWatch(ContributionSettings(hold_ns=0))
        topics = {sensor: camera_topic(self.node, sensor, "raw") for sensor in ("thermal", "rgb")}
        health = SimpleNamespace(warnings=lambda now_ns: {}, values=lambda now_ns: {"thermal_health": "ok"})
        self.parts = NodeParts(
            settings,
            self.statistics,
            self.matcher,
            dict(values),
            perceiver=SimpleNamespace(
                gain=GainControl(settings.gain), registration=settings.registration, drift=DriftWatch()
            ),
            inputs=SimpleNamespace(silence=lambda: self.silence, health=health, topics=topics),
            worker=SimpleNamespace(trouble=lambda: self.trouble, contribution=self.contribution),
        )
        self.report = PerceptionReport(self.node, self.statistics, self.matcher)

    def status(self):
        """Return the status of now and its values."""
        (status,) = self.report.message(self.parts).status
        return status, {item.key: item.value for item in status.values}


@pytest.fixture
def reported():
    return Reported()


def test_a_node_that_runs_well(reported):
    status, values = reported.status()
    assert (status.level, status.message, status.name) == (OK, "running", "/fusion_node: perception")
    assert (values["state"], values["pending_parameters"], values["thermal_health"]) == ("running", "", "ok")
    assert reported.node.logger.warnings == []


def test_what_is_wrong_is_in_the_message_and_once_in_the_log(reported):
    reported.silence = {"rgb": "no rgb images for 20 s"}
    for _ in range(3):
        status, _ = reported.status()
        assert (status.level, status.message) == (WARN, "running; no rgb images for 20 s")
    assert reported.node.logger.warnings == ["no rgb images for 20 s"]


def test_what_becomes_of_the_engine_is_logged_once(reported):
    info = EngineInfo("torch", "cuda:0", "CUDA graph, being compiled", "fp16", "m", tiny_metadata())
    reported.parts.engine = SimpleNamespace(info=info)
    reported.report.engine.start(info)
    assert reported.status()[1]["provider"] == "CUDA graph, being compiled"
    reported.parts.engine.info = replace(info, provider="CUDA graph, compiled", choice="'auto' took torch-cuda")
    for _ in range(2):
        status, values = reported.status()
        assert (status.level, values["provider"]) == (OK, "CUDA graph, compiled")
        assert values["backend_choice"] == "'auto' took torch-cuda"
    assert reported.node.logger.infos == ["the engine runs as 'CUDA graph, compiled' now"]
    reported.parts.engine.info = replace(info, notes=("torch.compile is not used: no g++",))
    for _ in range(2):
        assert reported.status()[0].level == WARN
    assert reported.node.logger.warnings == ["torch.compile is not used: no g++"]


def test_no_results_are_an_error(reported):
    reported.trouble = "no result for 30 s: the engine has been busy with one pair for so long"
    assert reported.status()[0].level == ERROR


def test_news_are_told_once(reported):
    reported.statistics.count("rejected_thermal", 2)
    reported.statistics.count("rejected_rgb")
    reported.statistics.count("callback_failures")
    assert reported.status()[0].message == "running; 3 messages rejected; 1 callbacks failed, see the log"
    status, values = reported.status()
    assert (status.level, status.message, values["rejected_thermal"]) == (OK, "running", "2")
    reported.statistics.count("rejected_rgb")
    assert reported.status()[0].message == "running; 1 messages rejected"


def test_what_the_gain_control_found_is_told(reported):
    image = np.random.default_rng(0).normal(21_000, 10, (60, 80)).astype(np.uint16)
    image[7] = 0
    for _ in range(10):
        reported.parts.perceiver.gain(image)
    status, values = reported.status()
    assert "row 7 stick out of every frame" in status.message
    assert (values["thermal_dead_rows"], values["thermal_dead_columns"]) == ("7", "none")
    assert len(reported.node.logger.warnings) == 1
    assert reported.status()[0].message == "running"


def test_states_without_parts(reported):
    parts = reported.parts
    parts.inputs = parts.worker = None
    assert reported.status()[0].message == "not configured"
    assert reported.status()[0].level == WARN
    parts.perceiver = None
    assert "thermal_dead_rows" not in reported.status()[1]


def test_parameters_that_wait_for_the_next_configuring_are_listed(reported):
    reported.parts.settings = FusionSettings.from_values(
        {**reported.parts.configured, "model": "other", "overlay.alpha": 0.9}
    )
    assert reported.status()[1]["pending_parameters"] == "model"


def test_a_report_that_fails_is_seen(reported):
    (status,) = reported.report.failed(ValueError("x")).status
    assert (status.level, status.message) == (ERROR, "no diagnostics: ValueError, see the log")


def test_a_result_that_goes_to_a_camera_topic_is_told(reported):
    reported.parts.outputs = SimpleNamespace(topics=lambda: ["/fusion/mask", "rgb/image_raw"])
    status, _ = reported.status()
    assert status.level == WARN
    assert "results go to 'rgb/image_raw'" in status.message
    assert any("results go to 'rgb/image_raw'" in text for text in reported.node.logger.warnings)


def test_others_on_a_result_topic_are_told_when_they_stay(reported):
    reported.parts.outputs = SimpleNamespace(topics=lambda: ["/fusion/mask", "/fusion/image"])
    reported.status()
    reported.node.number_of_publishers["/fusion/mask"] = 2
    assert reported.status()[0].level == OK  # somebody who is just ending
    status, _ = reported.status()
    assert status.level == WARN
    assert "others publish on '/fusion/mask' as well" in status.message
    reported.node.number_of_publishers["/fusion/mask"] = 1
    assert reported.status()[0].level == OK


def test_a_second_node_of_our_name_is_told_once(reported):
    reported.parts.outputs = SimpleNamespace(topics=lambda: ["/fusion/mask"])
    reported.node.number_of_publishers["/fusion/mask"] = 2
    reported.node.nodes = [("fusion_node", "/")] * 2
    reported.report._twins.look()
    reported.status()
    status, _ = reported.status()
    assert "is taken by 1 other node" in status.message
    assert "others publish" not in status.message


def test_a_thermal_picture_that_lies_beside_rgb_is_warned_of(reported):
    drift = reported.parts.perceiver.drift
    status, values = reported.status()
    assert (values["registration"], values["alignment"], status.level) == ("homography", "not known yet", OK)
    for k, (thermal, rgb) in enumerate(rig(8, shape=(240, 320))):
        drift.look(np.roll(thermal, 10, axis=1), rgb, np.full(thermal.shape, 255, np.uint8), 640, k)
    status, values = reported.status()
    assert status.level == WARN
    assert "the thermal picture lies 20 px right of the RGB picture" in status.message
    assert values["alignment"] == "lost"
    assert float(values["alignment_offset_px"].split()[0]) == pytest.approx(-20, abs=1)
    assert any("fusion-perception calibrate" in text for text in reported.node.logger.warnings)


def test_a_calibration_that_is_missing_is_warned_of(reported):
    reported.parts.registration.remark = "registration.mode is camera_info, but no CameraInfo has come"
    status, _ = reported.status()
    assert (status.level, "no CameraInfo has come" in status.message) == (WARN, True)


def test_a_sensor_that_contributes_nothing_is_warned_of_with_the_figures(reported):
    parts = {"thermal": 0.0, "rgb": 1.0}
    reported.contribution.see(Evidence({"car": 0.0}, {}, parts), time.monotonic_ns())
    status, values = reported.status()
    assert status.level == WARN
    assert "thermal has contributed nothing to the decisions" in status.message
    assert (values["contribution_thermal"], values["attribution_share"]) == ("0.000", "car 0.00")
    assert any("contributed nothing" in text for text in reported.node.logger.warnings)
