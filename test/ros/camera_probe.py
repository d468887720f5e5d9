# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras that compress, and cameras that lie: scenarios as in ``probe``, their findings as JSON."""

import array
import json
import sys
import time

import cv2
import numpy as np
import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from test.ros.probe import HEIGHT, WIDTH, Probe

GENERATOR = np.random.default_rng(4)
THERMAL, RGB = "thermal/image_raw/compressed", "rgb/image_raw/compressed"


def noisy(level, shape, dtype=np.uint8):
    """A picture of a real sensor: with structure, and never the same twice."""
    image = GENERATOR.integers(level, level + level // 16, shape)
    image[: HEIGHT // 3, : WIDTH // 2] += level // 2
    return image.astype(dtype)


def compressed(probe):
    """Cameras that send JPEG and PNG; listeners that take JPEG, and one that waits for the calibration first."""
    findings = {}
    wrong = probe.create_publisher(Image, THERMAL, qos_profile_sensor_data)
    findings["wrong_type"] = probe.spin(lambda: "what is published there is" in probe.message, 20)
    findings["wrong_type_message"] = probe.message
    probe.destroy_publisher(wrong)
    cameras = {name: probe.create_publisher(CompressedImage, name, qos_profile_sensor_data) for name in (THERMAL, RGB)}

    def send():
        stamp_ns = probe.get_clock().now().nanoseconds
        counts = cv2.imencode(".png", noisy(8000, (HEIGHT, WIDTH), np.uint16))[1]
        colours = cv2.imencode(".jpg", noisy(90, (HEIGHT, WIDTH, 3)))[1]
        for topic, data, described in (
            (THERMAL, counts, "mono16; png compressed "),
            (RGB, colours, "bgr8; jpeg compressed bgr8"),
        ):
            message = CompressedImage(format=described, data=array.array("B", data.tobytes()))
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
            message.header.frame_id = "rgb_frame"
            cameras[topic].publish(message)

    probe.listen("camera_info")
    findings["calibration_first"] = probe.spin(lambda: len(probe.results.get("camera_info", ())) >= 3, each=send)
    info = probe.results["camera_info"][-1]
    findings["calibration"] = [info.height, info.width, info.k[0], info.header.frame_id]
    findings["results_before"] = probe.number("results")
    came = {}
    for name in ("image", "overlay"):
        topic = f"fusion/{name}/compressed"
        probe.create_subscription(CompressedImage, topic, lambda m, n=name: came.setdefault(n, []).append(m), 10)
    findings["jpegs"] = probe.spin(
        lambda: min(map(len, (came.get("image", ()), came.get("overlay", ())))) >= 3, each=send
    )
    last = came["image"][-1]
    picture = cv2.imdecode(np.frombuffer(last.data, np.uint8), cv2.IMREAD_UNCHANGED)
    findings["jpeg"] = [last.format, last.header.frame_id, *picture.shape]
    findings["raw_sent"] = probe.count_subscribers("fusion/image")
    damaged = CompressedImage(format="jpeg", data=array.array("B", b"\xff\xd8\xff but no more"))
    findings["damaged_counted"] = probe.spin(
        lambda: probe.number("rejected_rgb") > 0, 10, lambda: cameras[RGB].publish(damaged), 0.3
    )
    return findings


def frozen(probe):
    """An RGB camera stands still under new stamps, turns black, and recovers; thermal goes on."""
    findings = {}
    probe.listen("mask")
    still = noisy(90, (HEIGHT, WIDTH, 3))

    def send(rgb=None):
        stamp_ns = probe.get_clock().now().nanoseconds
        probe.send("thermal", noisy(100, (HEIGHT, WIDTH)), "mono8", stamp_ns)
        probe.send("rgb", noisy(90, (HEIGHT, WIDTH, 3)) if rgb is None else rgb, "rgb8", stamp_ns)

    def latest():
        return probe.results["mask"][-1].header.frame_id if probe.results.get("mask") else ""

    def shows(health):
        return probe.diagnostics.get("health_rgb") == health

    findings["healthy"] = probe.spin(lambda: latest() == "rgb_frame" and shows("ok"), each=send)
    findings["rate"] = float(probe.diagnostics["rate_rgb_hz"])
    begin = time.monotonic()
    findings["left_out"] = probe.spin(lambda: latest() == "thermal_frame", each=lambda: send(still))
    findings["after_s"] = time.monotonic() - begin
    findings["told"] = probe.spin(lambda: shows("frozen"), each=lambda: send(still))
    findings["message"] = probe.message
    findings["back"] = probe.spin(lambda: latest() == "rgb_frame" and shows("ok"), each=send)
    dark = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    findings["black"] = probe.spin(
        lambda: shows("frozen, black") and latest() == "thermal_frame", each=lambda: send(dark)
    )
    findings["back_again"] = probe.spin(lambda: latest() == "rgb_frame" and shows("ok"), each=send)
    findings["hardware_id"] = probe.hardware_id
    return findings


def main():
    """Run the scenario named on the command line."""
    rclpy.init()
    probe = Probe()
    print(json.dumps({"compressed": compressed, "frozen": frozen}[sys.argv[1]](probe)))
    probe.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
