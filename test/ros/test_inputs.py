# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the camera topics, without DDS."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fusion_perception.ros import inputs as inputs_module
from fusion_perception.ros.inputs import CameraInputs
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.sync import PairMatcher, SyncSettings

from .fake_node import FakeNode
from .messages import header, image_message

THERMAL, RGB = "thermal/image_raw", "rgb/image_raw"
WARM = np.arange(12, dtype=np.uint8).reshape(3, 4)


class Cameras:
    """The camera topics on a node of their own, and what comes out of them."""

    def __init__(self, transport="raw"):
        self.node, self.statistics, self.pairs = FakeNode(), NodeStatistics(), []
        self.matcher = PairMatcher(SyncSettings(tolerance_ns=10_000_000))
        self.inputs = CameraInputs(self.node, self.matcher, self.statistics, self.pairs.append, transport)
        self.log_s = 0.0  # time by the clock that throttles log messages
        self.inputs._throttle = LogThrottle(clock=lambda: self.log_s)

    def send(self, topic, stamp_ns, image=WARM, encoding="mono8", number=None, **changes):
        """Let an image arrive, as number ``number`` of its publisher."""
        message = image_message(image, encoding, header=header(stamp_ns), **changes)
        with_info = hasattr(Subscription, "CallbackType")
        self.node.deliver(topic, message, *([{"publication_sequence_number": number}] if with_info else []))

    def lose(self, topic, number):
        """Let the middleware report losses."""
        events = self.node.subscriptions[topic].options["event_callbacks"]
        events.message_lost(SimpleNamespace(total_count_change=number))


@pytest.fixture
def cameras():
    return Cameras()


def test_a_stamp_that_no_result_can_carry_is_refused(cameras):
    message = image_message(WARM, "mono8", header=header(0))
    message.header.stamp.sec, message.header.stamp.nanosec = 2**31 - 1, 10**9
    info = [{"publication_sequence_number": None}] if hasattr(Subscription, "CallbackType") else []
    cameras.node.deliver(THERMAL, message, *info)
    assert cameras.statistics.counter("rejected_thermal") == 1
    assert "header.stamp is 2147483647 s and 1000000000 ns; accepted: up to" in cameras.node.logger.errors[0]


def test_two_images_of_one_moment_are_a_pair(cameras):
    cameras.send(THERMAL, 5_000_000)
    cameras.send(RGB, 7_000_000, np.zeros((3, 4, 3), np.uint8), "bgr8")
    (pair,) = cameras.pairs
    assert (pair.thermal.stamp_ns, pair.rgb.stamp_ns, pair.rgb.frame_id) == (5_000_000, 7_000_000, "camera")
    np.testing.assert_array_equal(pair.thermal.image, WARM)
    assert pair.rgb.image.shape == (3, 4, 3)
    assert (cameras.statistics.counter("received_thermal"), cameras.statistics.counter("received_rgb")) == (1, 1)


@pytest.mark.parametrize(
    ("transport", "ending", "message_type"), [("raw", "", Image), ("compressed", "/compressed", CompressedImage)]
)
def test_the_transport_says_what_is_subscribed(transport, ending, message_type):
    subscriptions = Cameras(transport).node.subscriptions
    assert {topic: item.message_type for topic, item in subscriptions.items()} == {
        THERMAL + ending: message_type,
        RGB + ending: message_type,
        "thermal/camera_info": CameraInfo,
        "rgb/camera_info": CameraInfo,
    }


def test_the_latest_calibration_of_each_camera_is_kept(cameras):
    for number in (1, 2):
        cameras.node.deliver("thermal/camera_info", number)
        cameras.node.deliver("rgb/camera_info", 10 * number)
    assert cameras.inputs.camera_info == {"thermal": 2, "rgb": 20}


def test_stamps_are_compared_with_the_node_s_clock_once_that_runs(cameras):
    cameras.send(RGB, 1_000)
    assert cameras.matcher.ages_ns() == {}, "simulated time has not begun"
    cameras.node.time_ns = 5_000
    cameras.send(RGB, 2_000)
    assert cameras.matcher.ages_ns() == {"rgb": 3_000}


def test_a_bad_image_is_counted_and_told_once_in_a_while(cameras):
    for stamp_ns in range(3):
        cameras.send(THERMAL, stamp_ns, encoding="jpeg")
    assert cameras.statistics.counter("rejected_thermal") == 3
    (error,) = cameras.node.logger.errors
    assert error.startswith(f"skipped a message on '{THERMAL}' (number 1 so far): thermal image has encoding 'jpeg'")
    cameras.send(RGB, 0, encoding="jpeg")
    assert len(cameras.node.logger.errors) == 2, "one bad camera does not hide the other"


def test_every_good_frame_is_looked_at_before_it_is_paired(cameras, monkeypatch):
    seen = []
    monkeypatch.setattr(
        cameras.inputs.health,
        "see",
        lambda sensor, frame, now_ns: seen.append((sensor, frame.stamp_ns, now_ns > 0, len(cameras.pairs))),
    )
    cameras.send(THERMAL, 5)
    cameras.send(RGB, 5)
    cameras.send(RGB, 6, encoding="jpeg")
    assert seen == [("thermal", 5, True, 0), ("rgb", 5, True, 0)]
    assert len(cameras.pairs) == 1


def test_a_camera_that_was_left_out_comes_back_with_the_next_inputs(cameras):
    cameras.inputs.health._tell("rgb", ("black",))
    assert "black" in cameras.matcher.degradation(1)
    cameras.inputs.close()
    assert cameras.matcher.degradation(1) is None


def test_all_is_unsubscribed_at_the_end(cameras):
    assert set(cameras.node.subscriptions) == {THERMAL, RGB, "thermal/camera_info", "rgb/camera_info"}
    cameras.inputs.close()
    cameras.inputs.close()
    assert cameras.node.subscriptions == {}


def test_what_was_subscribed_before_a_failure_is_unsubscribed(monkeypatch):
    node = FakeNode()
    monkeypatch.setattr(inputs_module.qos, "watch_publishers", lambda warn, topic, lost: {THERMAL: None}[topic])
    with pytest.raises(KeyError):
        CameraInputs(node, PairMatcher(SyncSettings()), NodeStatistics(), print)
    assert node.subscriptions == {}


class TestLosses:
    """A single loss is normal for best effort; many are told, once in a while."""

    def test_few_are_counted_and_not_told(self, cameras):
        for _ in range(9):
            cameras.lose(RGB, 1)
        assert cameras.statistics.counter("lost_rgb") == 9
        assert cameras.node.logger.warnings == []

    def test_a_small_share_is_counted_and_not_told(self, cameras):
        for number in range(400):
            cameras.send(RGB, number, encoding="mono8")
        cameras.lose(RGB, 20)  # 4.8 %
        assert cameras.statistics.counter("lost_rgb") == 20
        assert cameras.node.logger.warnings == []
        cameras.lose(RGB, 5)  # 5.9 %
        assert len(cameras.node.logger.warnings) == 1

    def test_many_are_told_once_in_a_while_and_not_one_by_one(self, cameras):
        for _ in range(30):
            cameras.lose(RGB, 1)
        assert cameras.statistics.counter("lost_rgb") == 30
        (warning,) = cameras.node.logger.warnings
        assert warning.startswith(f"10 of 10 messages on '{RGB}' were lost on their way: they come faster")
        cameras.lose(THERMAL, 10)
        assert len(cameras.node.logger.warnings) == 2, "one camera does not hide the other"
        cameras.log_s += 5.0
        cameras.lose(RGB, 1)
        assert cameras.node.logger.warnings[2].endswith("(and 20 more like it)")

    def test_large_images_need_shared_memory(self, cameras):
        cameras.send(RGB, 1, np.zeros((500, 1001), np.uint8))
        cameras.lose(RGB, 10)
        (warning,) = cameras.node.logger.warnings
        assert "config/fastdds.xml" in warning

    @pytest.mark.skipif(not hasattr(Subscription, "CallbackType"), reason="this rclpy tells no sequence numbers")
    def test_the_publishers_numbers_tell_them_too(self, cameras):
        cameras.send(RGB, 1, number=1)
        cameras.send(RGB, 2, number=14)
        assert cameras.statistics.counter("lost_rgb") == 12
        assert cameras.node.logger.warnings[0].startswith("12 of 14 messages")


class TestSilence:
    """A camera that says nothing is told, when that is certain."""

    @pytest.fixture
    def clock(self, monkeypatch):
        clock = SimpleNamespace(now_s=1000.0)
        monkeypatch.setattr(
            inputs_module,
            "time",
            SimpleNamespace(monotonic=lambda: clock.now_s, monotonic_ns=lambda: int(clock.now_s * 1e9)),
        )
        return clock

    def test_nothing_is_said_at_first(self, clock):
        cameras = Cameras()
        clock.now_s += 14.0
        assert cameras.inputs.silence() == {}
        clock.now_s += 2.0
        assert set(cameras.inputs.silence()) == {"thermal", "rgb"}

    def test_a_camera_that_is_heard_is_not_silent(self, clock):
        cameras = Cameras()
        clock.now_s += 16.0
        cameras.send(RGB, 1)
        assert set(cameras.inputs.silence()) == {"thermal"}

    def test_a_certain_cause_is_told_sooner(self, clock, monkeypatch):
        cameras = Cameras()
        clock.now_s += 1.0
        monkeypatch.setattr(
            cameras.node,
            "get_publishers_info_by_topic",
            lambda topic: [SimpleNamespace(topic_type="std_msgs/msg/String")],
        )
        assert cameras.inputs.silence() == {}, "publishers and subscribers need a moment to find one another"
        clock.now_s += 2.0
        text = cameras.inputs.silence()["thermal"]
        assert "because what is published there is std_msgs/msg/String" in text


def test_pixels_without_a_value_are_told_once(cameras):
    image = np.full((10, 10), 20.0, np.float32)
    image[3, 3] = np.nan
    cameras.send(THERMAL, 1, image, "32FC1")
    assert len(cameras.node.logger.warnings) == 1
    cameras.send(THERMAL, 2, image, "32FC1")
    assert cameras.statistics.counter("filled_thermal") == 2
    (warning,) = cameras.node.logger.warnings
    assert "have pixels that are NaN or infinite (1 of 100 in the first)" in warning


def test_a_doubtful_palette_is_told_once_for_each_kind(cameras):
    palette = np.zeros((8, 8, 3), np.uint8)
    palette[..., 0] = 200
    for stamp_ns, encoding in enumerate(("rgb8", "rgb8", "bgr8", "mono8")):
        cameras.send(THERMAL, stamp_ns, WARM if encoding == "mono8" else palette, encoding)
        cameras.log_s += 10.0
    remarks = cameras.node.logger.warnings
    assert ["'rgb8' in colours" in remarks[0], "'bgr8' in colours" in remarks[1], len(remarks)] == [True, True, 2]
