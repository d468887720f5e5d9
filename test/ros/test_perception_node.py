# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the node inside the test process, on an engine of pure NumPy."""

import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.task import Future

from fusion_perception.demo.replay.replay_publisher import ReplayPublisher
from fusion_perception.errors import BackendError
from fusion_perception.health import HealthSettings
from fusion_perception.ros import perception_node
from fusion_perception.ros.spin import spin_until
from fusion_perception.types import Frame
from test.ros.perception_bench import SUCCESS, FakeEngine, diagnostics_of, failure_of, start, values_of

pytestmark = pytest.mark.ros


def test_an_override_of_one_topic_leaves_the_others_alone(make):
    node = make(
        **{
            "qos_overrides./thermal/image_raw.subscription.depth": 9,
            "qos_overrides./fusion/image.publisher.depth": 7,
            "qos_overrides./fusion/image.publisher.reliability": "best_effort",
        }
    )
    start(node)
    profiles = {item.topic_name: item.qos_profile for item in (*node.subscriptions, *node.publishers)}
    depths = {topic: profiles[topic].depth for topic in profiles if topic.startswith(("/fusion/", "/rgb/"))}
    assert profiles["/thermal/image_raw"].depth == 9
    assert depths.pop("/fusion/image") == 7
    assert depths.keys() >= {
        "/rgb/image_raw",
        "/rgb/camera_info",
        "/fusion/mask",
        "/fusion/image/compressed",
        "/fusion/camera_info",
    }
    depths.pop("/fusion/label_info", None)  # latched, with a depth of its own
    assert (depths.pop("/rgb/image_raw"), depths.pop("/rgb/camera_info")) == (10, 10)
    assert set(depths.values()) == {5}
    assert profiles["/fusion/image"].reliability.name == "BEST_EFFORT"
    assert profiles["/fusion/mask"].reliability.name == "RELIABLE"


def test_an_override_of_one_replayed_topic_leaves_the_other_alone(ros):
    override = Parameter("qos_overrides./thermal/image_raw.publisher.depth", value=9)
    node = ReplayPublisher(context=ros, parameter_overrides=[override])
    depths = {item.topic_name: item.qos_profile.depth for item in node.publishers}
    assert (depths["/thermal/image_raw"], depths["/rgb/image_raw"]) == (9, 5)
    node.destroy_node()


def test_diagnostics_come_while_simulated_time_stands_still(make, ros):
    node = make(use_sim_time=True, autostart=False, **{"diagnostics.period_s": 0.1})
    status = diagnostics_of(node, ros)
    assert status is not None
    assert values_of(status)["state"] == "not configured"


def test_simulated_time_that_does_not_come_is_a_warning(make, ros):
    node = make(use_sim_time=True, **{"diagnostics.period_s": 0.1})
    start(node)
    status = diagnostics_of(node, ros, lambda status: status.message.startswith("running"))
    assert status.level == status.WARN
    assert "use_sim_time is true but no time has come on '/clock'" in status.message
    assert values_of(status)["sync_tolerance_ms"] == "50.00"


def test_the_diagnostics_period_is_taken_over_on_configure(make):
    node = make()
    node.set_parameters([Parameter("diagnostics.period_s", value=0.25)])
    assert node.trigger_configure() == SUCCESS
    assert node._timer.timer_period_ns == 250_000_000


@pytest.mark.parametrize("error", [BackendError("no plan with attribution"), RuntimeError("no plan with attribution")])
def test_without_its_attribution_the_model_still_runs(error, make, ros):
    node = make(FakeEngine(attribution_error=error), **{"diagnostics.period_s": 0.1})
    start(node)
    topics = {item.topic_name for item in node.publishers}
    assert "/fusion/mask" in topics
    assert "/fusion/attribution" not in topics
    status = diagnostics_of(node, ros, lambda status: status.message == "running")
    assert status.level == status.WARN
    assert "the attribution is left out: " in values_of(status)["notes"]
    assert "no plan with attribution" in values_of(status)["notes"]


def test_an_attribution_that_is_switched_off_is_not_tried(make):
    node = make(FakeEngine(attribution_error=BackendError("no plan")), **{"attribution.enabled": False})
    start(node)
    assert "/fusion/attribution" in {item.topic_name for item in node.publishers}


def test_a_camera_without_stamps_is_a_warning(make, ros):
    node = make(**{"diagnostics.period_s": 0.1})
    start(node)
    start_ns = time.monotonic_ns()  # the last ones come ahead of the clock: a busy machine finds no camera silent
    for number in range(100):
        at_ns = start_ns + number * 10**8
        node.parts.matcher.add("rgb", Frame(np.zeros((1, 1, 3), np.uint8), number * 10**8), at_ns)
        node.parts.matcher.add("thermal", Frame(np.zeros((1, 1), np.uint8), 0), at_ns)
    status = diagnostics_of(node, ros, lambda status: status.message != "not active")
    assert status.level == status.WARN
    assert "degraded: bad thermal images (their stamps do not advance)" in status.message
    assert "the stamps of thermal images do not advance" in status.message


def test_a_callback_that_fails_is_counted_and_the_node_goes_on(make, ros, monkeypatch):
    node = make(**{"diagnostics.period_s": 0.05})
    start(node)
    node.create_timer(0.02, lambda: {}["no such"])
    done = Future()
    statuses = []
    make_message = node._report.message

    def watch(parts):
        message = make_message(parts)
        statuses.append(message.status[0])
        if len(statuses) == 10:
            done.set_result(None)
        return message

    monkeypatch.setattr(node._report, "message", watch)
    executor = SingleThreadedExecutor(context=ros)
    executor.add_node(node)
    spin_until(done, executor, node.failures.report)
    executor.shutdown()
    assert int(values_of(statuses[-1])["callback_failures"]) >= 3
    assert any("callbacks failed, see the log" in status.message for status in statuses)
    assert max(status.level for status in statuses) == DiagnosticStatus.ERROR


def test_whoever_sets_a_parameter_gets_an_answer_whatever_fails(make, monkeypatch):
    node = make()
    start(node)
    monkeypatch.setattr(perception_node.FusionSettings, "from_values", lambda values: {}["no settings"])
    (result,) = node.set_parameters([Parameter("lazy", value=False)])
    assert (result.successful, result.reason) == (False, "KeyError: 'no settings'")


def test_settings_that_a_part_refuses_are_reported(make, monkeypatch):
    node = make()
    start(node)
    monkeypatch.setattr(node.parts.matcher, "apply", lambda settings: {}["no matcher"])
    (result,) = node.set_parameters([Parameter("sync.window", value=7)])
    assert result.successful or "no matcher" in result.reason  # ROS 2 Humble applies before it answers
    assert result.successful is False or node.parts.statistics.counter("callback_failures") == 1


def test_a_failing_part_does_not_silence_the_diagnostics(make, ros, monkeypatch):
    node = make(**{"diagnostics.period_s": 0.05})
    start(node)
    monkeypatch.setattr(node.parts.matcher, "hint", lambda *_: {}["no hint"])
    status = diagnostics_of(node, ros, lambda status: "no diagnostics" in status.message)
    assert status is not None
    assert status.level == status.ERROR
    assert "no diagnostics: KeyError, see the log" in status.message


def test_a_jump_of_time_that_fails_is_reported(make, monkeypatch):
    node = make()
    start(node)
    monkeypatch.setattr(node.parts.matcher, "flush", lambda: {}["no matcher"])
    node._on_time_jump(None)
    assert node.parts.statistics.counter("callback_failures") == 1


@pytest.mark.parametrize(
    ("override", "value", "text"),
    [
        ("qos_overrides./fusion/mask.publisher.depth", "ten", "'ten' of type 'STRING', expecting type 'INTEGER'"),
        ("qos_overrides./fusion/mask.publisher.reliability", "maybe", "`reliability`: `maybe`"),
        ("qos_overrides./rgb/image_raw.subscription.depth", "ten", "'ten' of type 'STRING', expecting type 'INTEGER'"),
    ],
)
def test_an_override_that_cannot_be_used_is_named(override, value, text, make):
    failure = failure_of(make(**{override: value}))
    assert text in failure
    assert "DOUBLE" not in failure


def test_the_home_of_an_unknown_user_is_named(make, monkeypatch):
    find_model = perception_node.find_model
    node = make(model="~nobody.knows/m.onnx")
    monkeypatch.setattr(perception_node, "find_model", find_model)
    assert "the home folder in the model's path '~nobody.knows/m.onnx' is not known" in failure_of(node)


@pytest.mark.parametrize(
    ("value", "settings"),
    [
        ("", HealthSettings(missing_when=())),
        ("black", HealthSettings(missing_when=("black",))),
        ("covered,frozen saturated", HealthSettings(missing_when=("covered", "frozen", "saturated"))),
        ("dirty", None),
    ],
)
def test_which_pictures_leave_a_camera_out_is_changed_at_once(value, settings, make):
    node = make()
    start(node)
    assert node.parts.inputs.health.settings == HealthSettings()
    (result,) = node.set_parameters([Parameter("health.missing_when", value=value)])
    assert result.successful == (settings is not None)
    assert node.parts.inputs.health.settings == (settings or HealthSettings())
    if settings is None:
        assert (
            "health.missing_when has 'dirty'; allowed: frozen, black, saturated, covered, or nothing" in result.reason
        )


def test_the_transport_is_that_of_the_parameter(make):
    node = make(image_transport="compressedDepth")
    start(node)
    assert {"/thermal/image_raw/compressedDepth", "/rgb/image_raw/compressedDepth", "/rgb/camera_info"} <= {
        item.topic_name for item in node.subscriptions
    }
