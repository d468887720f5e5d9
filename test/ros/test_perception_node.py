# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the node inside the test process, on an engine of pure NumPy."""

import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

from fusion_perception.demo.replay.replay_publisher import ReplayPublisher
from fusion_perception.engine import EngineInfo
from fusion_perception.engine.metadata import AttributionInfo, ModelMetadata
from fusion_perception.errors import BackendError, FusionPerceptionError
from fusion_perception.health import HealthSettings
from fusion_perception.labels import MSRS9
from fusion_perception.ros import inputs, outputs, perception_node
from fusion_perception.ros.perception_node import PerceptionNode
from fusion_perception.ros.spin import spin_until
from fusion_perception.types import EngineOutputs, Frame

pytestmark = pytest.mark.ros
HEIGHT, WIDTH = 12, 20
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class FakeEngine:
    """Computes nothing; raises what it is told to, always or with attribution only."""

    def __init__(self, error=None, attribution_error=None):
        self.error, self.attribution_error = error, attribution_error
        self.closed = False
        metadata = ModelMetadata("fake", MSRS9, HEIGHT, WIDTH, attribution=AttributionInfo(1))
        self.info = EngineInfo("fake", "cpu", "numpy", "fp32", "fake.onnx", metadata)

    def infer(self, thermal, rgb, *, attribution=False):
        error = self.error or (self.attribution_error if attribution else None)
        if error is not None:
            raise error
        return EngineOutputs(rgb, thermal, thermal, thermal if attribution else None)

    def close(self):
        self.closed = True


@pytest.fixture
def make(ros, monkeypatch):
    """Make a fusion node with an engine and parameters; it and its helpers are removed at the end."""
    nodes = []

    def make_node(engine=None, **parameters):
        monkeypatch.setattr(perception_node, "find_model", lambda name: name)
        monkeypatch.setattr(perception_node, "open_engine", lambda *_, **__: engine or FakeEngine())
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = PerceptionNode(context=ros, parameter_overrides=overrides)
        nodes.append(node)
        return node

    yield make_node
    for node in nodes:
        node.close()
        node.destroy_node()


def diagnostics_of(node, ros, wanted=lambda status: True, seconds=30.0):
    """Spin a node until it publishes diagnostics that are wanted; returns their status, or None."""
    listener = Node("listener", context=ros, use_global_arguments=False)
    came = []
    listener.create_subscription(DiagnosticArray, "/diagnostics", lambda message: came.append(message.status[0]), 10)
    executor = SingleThreadedExecutor(context=ros)
    for item in (node, listener):
        executor.add_node(item)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (came and wanted(came[-1])):
        executor.spin_once(timeout_sec=0.05)
    executor.shutdown()
    listener.destroy_node()
    return came[-1] if came and wanted(came[-1]) else None


def values_of(status):
    return {item.key: item.value for item in status.values}


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def start(node):
    assert node.trigger_configure() == SUCCESS
    assert node.trigger_activate() == SUCCESS


def failure_of(node):
    with pytest.raises(FusionPerceptionError) as caught:
        node.start()
    return str(caught.value)


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
    start_ns = time.monotonic_ns() - 2 * 10**9
    for number in range(20):
        at_ns = start_ns + number * 10**8
        node.parts.matcher.add("rgb", Frame(np.zeros((1, 1, 3), np.uint8), number * 10**8), at_ns)
        node.parts.matcher.add("thermal", Frame(np.zeros((1, 1), np.uint8), 0), at_ns)
    status = diagnostics_of(node, ros, lambda status: status.message != "not active")
    assert status.level == status.WARN
    assert "degraded: bad thermal images (their stamps do not advance)" in status.message
    assert "the stamps of thermal images do not advance" in status.message


@pytest.mark.parametrize(
    ("error", "text"),
    [(BackendError("out of memory"), "out of memory"), (ValueError("of no use"), "ValueError: of no use")],
)
def test_an_engine_that_fails_is_named(error, text, make):
    engine = FakeEngine(error)
    node = make(engine)
    assert failure_of(node) == text
    assert engine.closed


def test_an_unexpected_error_of_configure_is_named_and_may_be_cured(make, monkeypatch):
    node = make()
    monkeypatch.setattr(perception_node, "find_model", lambda name: {}[name])
    assert failure_of(node) == "KeyError: 'realtime'"
    monkeypatch.setattr(perception_node, "find_model", lambda name: name)
    start(node)


def test_an_unexpected_error_of_activate_is_named_and_leaves_nothing_behind(make, monkeypatch):
    node = make()
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "CameraInfo", int)  # subscribed after the images of the first camera
        assert "_TYPE_SUPPORT" in failure_of(node)
    assert [item.topic_name for item in node.subscriptions if "image_raw" in item.topic_name] == []
    assert node.parts.worker is None
    assert node.trigger_activate() == SUCCESS


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


def test_a_walk_through_the_lifecycle_leaves_nothing_behind(make):
    node = make()

    def walk():
        for transition in ("configure", "activate", "deactivate", "cleanup"):
            assert getattr(node, f"trigger_{transition}")() == SUCCESS
        return len(node.default_callback_group.entities), len(list(node.waitables)), len(node._managed_entities)

    assert walk() == walk() == walk()


def test_a_destroyed_node_has_left_the_graph_though_its_object_lives_on(ros):
    watcher = Node("watcher", context=ros, use_global_arguments=False)
    node = PerceptionNode(context=ros)

    def is_there():
        return "fusion_node" in watcher.get_node_names()

    assert wait_until(is_there)
    node.close()
    node.destroy_node()
    assert wait_until(lambda: not is_there())
    watcher.destroy_node()


def test_a_jump_of_time_that_fails_is_reported(make, monkeypatch):
    node = make()
    start(node)
    monkeypatch.setattr(node.parts.matcher, "flush", lambda: {}["no matcher"])
    node._on_time_jump(None)
    assert node.parts.statistics.counter("callback_failures") == 1


@pytest.mark.parametrize("transition", ["deactivate", "cleanup", "shutdown"])
def test_a_transition_that_fails_on_its_way_down_is_named_and_can_be_recovered_from(transition, make, monkeypatch):
    node = make()
    start(node)
    if transition == "cleanup":
        node.trigger_deactivate()
    with monkeypatch.context() as patch:
        owner, part = {
            "deactivate": (node.parts, "stop"),
            "cleanup": (node.parts, "release"),
            "shutdown": (node, "close"),
        }[transition]
        original, calls = getattr(owner, part), []

        def fail_once():
            calls.append(1)
            if len(calls) == 1:
                raise RuntimeError("stuck")
            original()

        patch.setattr(owner, part, fail_once)
        getattr(node, f"trigger_{transition}")()
    assert node._failure == "RuntimeError: stuck"
    assert node.parts.worker is None
    assert node._state_machine.current_state[1] == "unconfigured"
    start(node)


def test_publishers_of_a_failed_configuration_are_removed(make, monkeypatch):
    node = make()
    monkeypatch.setattr(outputs, "CAMERA_INFO_TOPIC", "no topic name")
    assert node.trigger_configure() == FAILURE
    assert [item.topic_name for item in node.publishers if "fusion/" in item.topic_name] == []


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
