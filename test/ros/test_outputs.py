# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the result topics, without DDS."""

import copy

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fusion_perception.labels import MSRS9
from fusion_perception.outputs import ALWAYS, OUTPUTS, result_topics
from fusion_perception.render import colour_mask, heat_map, overlay
from fusion_perception.ros import outputs as outputs_module
from fusion_perception.ros.outputs import CAMERA_INFO_TOPIC, ResultOutputs
from fusion_perception.types import EngineOutputs, Perception

from .fake_node import FakeNode

HEIGHT, WIDTH = 6, 10
RNG = np.random.default_rng(0)
MAPS = EngineOutputs(
    RNG.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8),
    RNG.integers(0, len(MSRS9), (HEIGHT, WIDTH), np.uint8),
    *RNG.integers(0, 256, (2, HEIGHT, WIDTH), np.uint8),
    {
        "signed_thermal": RNG.normal(0, 3, (HEIGHT, WIDTH)).astype(np.float32),
        "signed_rgb": RNG.normal(0, 3, (HEIGHT, WIDTH)).astype(np.float32),
        "needed": RNG.integers(0, 4, (HEIGHT, WIDTH), np.uint8),
    },
)
RESULT = Perception(MAPS, 3_000_000_007, "rgb_camera")
IMAGES = {
    "fusion/image": MAPS.fused,
    "fusion/mask": MAPS.mask,
    "fusion/mask_color": colour_mask(MAPS.mask, MSRS9),
    "fusion/overlay": overlay(MAPS.fused, MAPS.mask, MSRS9, 0.25),
    "fusion/confidence": MAPS.confidence,
    "fusion/attribution": MAPS.attribution,
    "fusion/attribution_color": heat_map(MAPS.attribution),
    "fusion/attribution/signed/thermal": MAPS["signed_thermal"],
    "fusion/attribution/signed/rgb": MAPS["signed_rgb"],
    "fusion/attribution/needed": MAPS["needed"],
}


def calibration(width=WIDTH, height=HEIGHT):
    info = CameraInfo(width=width, height=height)
    info.k[0] = info.k[4] = 100.0
    return info


@pytest.fixture
def node():
    return FakeNode()


@pytest.fixture
def results(node):
    results = ResultOutputs(node, MSRS9, OUTPUTS)
    results.alpha = 0.25
    return results


def test_every_topic_has_its_publisher_and_is_removed_at_the_end(node, results):
    compressed = {f"{t.topic}/compressed" for t in result_topics(OUTPUTS) if t.compressed}
    assert set(results.topics()) == {*IMAGES, *compressed}
    assert {node.publishers[topic].message_type for topic in IMAGES} == {Image}
    assert {node.publishers[topic].message_type for topic in compressed} == {CompressedImage}
    assert CAMERA_INFO_TOPIC in node.publishers
    results.close()
    assert node.publishers == {}


def test_a_model_without_attribution_has_no_topics_for_it(node):
    results = ResultOutputs(node, MSRS9, [row for row in OUTPUTS if row.when == ALWAYS])
    assert not any("attribution" in topic for topic in results.topics())
    assert not results.wants_attribution()


def test_a_publisher_that_cannot_be_made_leaves_none_behind(node, monkeypatch):
    monkeypatch.setattr(outputs_module, "make_label_info_publisher", lambda *_: {}["no such"])
    with pytest.raises(KeyError):
        ResultOutputs(node, MSRS9, OUTPUTS)
    assert node.publishers == {}


@pytest.mark.parametrize("topic", IMAGES)
def test_one_listener_gets_one_image_and_costs_no_other(topic, node, results):
    node.listen(topic)
    assert results.wants_anything()
    assert results.wants_attribution() == ("attribution" in topic)
    assert results.publish(RESULT, None) == 1
    ((sent, (message,)),) = ((name, messages) for name, messages in node.sent.items() if messages)
    assert sent == topic
    image = np.frombuffer(message.data, IMAGES[topic].dtype).reshape(IMAGES[topic].shape)
    np.testing.assert_array_equal(image, IMAGES[topic])
    assert message.encoding == ("rgb8" if image.ndim == 3 else "mono8" if image.dtype == np.uint8 else "32FC1")
    stamp = message.header.stamp
    assert (stamp.sec, stamp.nanosec, message.header.frame_id) == (3, 7, "rgb_camera")


def test_nobody_who_listens_no_message(node, results):
    assert not results.wants_anything()
    assert not results.wants_attribution()
    assert results.publish(RESULT, None) == 0
    assert not any(node.sent.values())


def test_a_result_without_attribution_is_sent_without(node, results):
    node.listen(*IMAGES)
    without = Perception(EngineOutputs(MAPS.fused, MAPS.mask, MAPS.confidence), 1, "camera")
    assert results.publish(without, None) == len(IMAGES) - 5
    assert not any(messages for topic, messages in node.sent.items() if "attribution" in topic)


@pytest.mark.parametrize("raw", [False, True])
def test_a_jpeg_is_made_for_those_who_listen_to_it(raw, node, results):
    node.listen("fusion/image/compressed", *(["fusion/image"] if raw else []))
    assert results.wants_anything()
    assert results.publish(RESULT, None) == 1 + raw
    (message,) = node.sent["fusion/image/compressed"]
    assert message.format == "rgb8; jpeg compressed bgr8"
    assert bytes(message.data[:3]) == b"\xff\xd8\xff"
    assert len(node.sent["fusion/image"]) == raw


def test_a_jpeg_has_the_quality_that_is_set(node, results):
    node.listen("fusion/image/compressed")
    for results.jpeg_quality in (95, 5):
        results.publish(RESULT, None)
    fine, coarse = (len(message.data) for message in node.sent["fusion/image/compressed"])
    assert fine > coarse


def test_the_calibration_of_the_camera_stays_as_it_came(node, results):
    """It is scaled to the results anew for every pair: the camera's own must not change with them."""
    node.listen(CAMERA_INFO_TOPIC)
    info = calibration(2 * WIDTH, 2 * HEIGHT)
    before = copy.deepcopy(info)
    for stamp_ns in (5, 6):
        results.publish(Perception(MAPS, stamp_ns, "rgb_camera"), info)
    assert info == before, "it was written into"
    first, second = node.sent[CAMERA_INFO_TOPIC]
    assert (first.width, first.height, first.k[0]) == (WIDTH, HEIGHT, 50.0)
    assert (second.width, second.height, second.k[0]) == (WIDTH, HEIGHT, 50.0)
    assert (first.header.stamp.nanosec, second.header.stamp.nanosec) == (5, 6)


def test_without_a_calibration_results_say_that_they_have_none(node, results):
    node.listen(CAMERA_INFO_TOPIC)
    results.publish(RESULT, None)
    (info,) = node.sent[CAMERA_INFO_TOPIC]
    assert (info.width, info.height, info.k[0], info.header.frame_id) == (WIDTH, HEIGHT, 0.0, "rgb_camera")


def test_a_listener_of_the_calibration_is_no_listener_of_results(node, results):
    node.listen(CAMERA_INFO_TOPIC)
    assert not results.wants_anything()
