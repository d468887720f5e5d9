# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The look at the cameras, with cameras that a test plays."""

import json
import time

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from fusion_perception.ros.camera_look import CameraLook

pytestmark = pytest.mark.ros


@pytest.fixture
def look(ros, capsys):
    """Look for a while at cameras that send every 50 ms; a camera is its type and by how much its clock is ahead."""

    def look(seconds=2.5, **cameras):
        driver = Node("driver", context=ros, use_global_arguments=False)
        publishers = {
            sensor: (kind, driver.create_publisher(kind, f"{sensor}/image_raw", qos_profile_sensor_data), ahead_s)
            for sensor, (kind, ahead_s) in cameras.items()
        }

        def send():
            now_ns = time.time_ns()
            for kind, publisher, ahead_s in publishers.values():
                message = kind()
                if kind is not String:
                    stamp = message.header.stamp
                    stamp.sec, stamp.nanosec = divmod(now_ns + round(ahead_s * 1e9), 1_000_000_000)
                publisher.publish(message)

        driver.create_timer(0.05, send)
        node = CameraLook(context=ros, parameter_overrides=[Parameter("seconds", value=seconds)])
        executor = SingleThreadedExecutor(context=ros)
        for item in (driver, node):
            executor.add_node(item)
        node.start()
        deadline = time.monotonic() + 60
        while not node.done.done() and time.monotonic() < deadline:
            executor.spin_once(timeout_sec=0.05)
        executor.shutdown()
        node.close()
        for item in (driver, node):
            item.destroy_node()
        return json.loads(capsys.readouterr().out)

    return look


def test_two_cameras_with_one_clock(look):
    report = look(thermal=(Image, 0.0), rgb=(CompressedImage, 0.0))
    thermal, rgb = report["cameras"]["thermal"], report["cameras"]["rgb"]
    assert (thermal["topic"], thermal["publishers"], rgb["type"]) == (
        "/thermal/image_raw",
        1,
        "sensor_msgs/msg/CompressedImage",
    )
    assert thermal["received"] > 3
    assert thermal["rate"] > 0
    assert report["pairs"] > 0
    assert report["hint"] is None
    assert report["ages"] is None
    assert report["rmw"].startswith("rmw_")


def test_a_clock_that_is_wrong(look):
    report = look(thermal=(Image, 7.0), rgb=(Image, 0.0), seconds=4.0)
    assert report["pairs"] == 0
    assert "no two stamps are within" in report["hint"]


def test_nobody_is_there(look):
    report = look(seconds=0.3)
    assert {camera["publishers"] for camera in report["cameras"].values()} == {0}
    assert (report["pairs"], report["hint"]) == (0, None)


def test_a_topic_of_another_type(look):
    report = look(seconds=1.5, thermal=(String, 0.0))
    assert report["cameras"]["thermal"]["type"] == "std_msgs/msg/String"
    assert report["cameras"]["thermal"]["received"] == 0
