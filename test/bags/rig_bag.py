# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Makes bags of two calibrated cameras: images, CameraInfo, static transforms."""

import math

import numpy as np

from fusion_perception.bags.image_messages import typestore
from test.bags.make_bag import HEIGHT, START_NS, WIDTH, Pairs, raw_rgb, raw_thermal, write_mcap
from test.bags.ros1_makers import write_ros1

INFO, TRANSFORMS = "sensor_msgs/msg/CameraInfo", "tf2_msgs/msg/TFMessage"
EXTRINSICS = (0.4, -0.1, 0.0, 0.0, 0.0, 0.05)
FRAMES = {"thermal": "thermal", "rgb": "camera"}  # of make_bag's images


def header(frame_id, stamp_ns=START_NS):
    types = typestore().types
    return types["std_msgs/msg/Header"](
        types["builtin_interfaces/msg/Time"](stamp_ns // 10**9, stamp_ns % 10**9), frame_id
    )


def info(frame_id, focal, distortion=-0.2, p_focal=0.0):
    """CameraInfo of make_bag's images."""
    types = typestore().types
    k = np.array([focal, 0, WIDTH / 2, 0, focal, HEIGHT / 2, 0, 0, 1], np.float64)
    p = np.array([p_focal, 0, WIDTH / 2, 0, 0, p_focal, HEIGHT / 2, 0, 0, 0, 1, 0], np.float64)
    d = np.array([distortion, 0.01, 0, 0, 0], np.float64)
    roi = types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    message = types[INFO](header(frame_id), HEIGHT, WIDTH, "plumb_bob", d, k, np.eye(3).ravel(), p, 0, 0, roi)
    return bytes(typestore().serialize_cdr(message, INFO))


def transforms(parent="camera", child="thermal", extrinsics=EXTRINSICS):
    """A message of /tf_static; the angles but yaw have to be 0."""
    types = typestore().types
    x, y, z, _, _, yaw = extrinsics
    turn = types["geometry_msgs/msg/Quaternion"](0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2))
    moved = types["geometry_msgs/msg/Transform"](types["geometry_msgs/msg/Vector3"](x, y, z), turn)
    message = types[TRANSFORMS]([types["geometry_msgs/msg/TransformStamped"](header(parent), child, moved)])
    return bytes(typestore().serialize_cdr(message, TRANSFORMS))


def rig_messages(pairs=4, extra=(), thermal="/flir/image_raw", rgb="/camera/image_raw"):
    """Messages of a rig: thermal as 16-bit counts, CameraInfo of both, and more: (topic, data)."""
    images = Pairs(pairs).messages(lambda n, t: raw_thermal(n, t, np.uint16), raw_rgb)
    names = {"/flir/image_raw": thermal, "/camera/image_raw": rgb}
    return [
        *((topic, START_NS, data) for topic, data in extra),
        *((names[topic], time_ns, data) for topic, time_ns, data in images),
    ]


KINDS = {"/flir/camera_info": INFO, "/camera/camera_info": INFO, "/tf_static": TRANSFORMS}


def calibrations():
    """CameraInfo of both cameras, on their topics."""
    return [("/flir/camera_info", info("thermal", 30.0)), ("/camera/camera_info", info("camera", 26.0))]


def rig_bag(folder, extra, *, ros1=False, **names):
    """Write a bag of ROS 2 or ROS 1; returns its path."""
    messages = rig_messages(extra=extra, **names)
    kinds = {topic: KINDS[topic] for topic, _ in extra}
    return write_ros1(folder / "rig.bag", messages, kinds) if ros1 else write_mcap(folder / "rig", messages, kinds)
