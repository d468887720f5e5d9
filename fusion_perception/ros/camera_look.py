# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The node that looks whether two cameras are live, and whether their stamps fit together."""

from __future__ import annotations

import importlib.util
import json
import time
from typing import Any

import numpy as np
from rclpy.node import Node
from rclpy.task import Future
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CompressedImage, Image

from fusion_perception.ros import qos
from fusion_perception.ros.camera_topics import TOPICS
from fusion_perception.ros.parameter_declaration import declare, read
from fusion_perception.ros.parameter_spec import ParameterSpec
from fusion_perception.ros.printable_logger import PrintableLog
from fusion_perception.ros.stamp_age import describe_ages
from fusion_perception.sync import PairMatcher
from fusion_perception.types import Frame

LOOK_PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("seconds", 3.0, "How long to look.", (0.1, 3600.0), read_only=True),
)
"""Parameters of this node."""

_TYPES = {"sensor_msgs/msg/Image": Image, "sensor_msgs/msg/CompressedImage": CompressedImage}
_POLL_S = 0.1
_PICTURE = np.zeros((1, 1), np.uint8)  # pairing looks at stamps alone


class CameraLook(PrintableLog, Node):
    """Listens to both camera topics and prints what it saw, one line of JSON, when its time is over."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("camera_look", **kwargs)
        declare(self, LOOK_PARAMETERS)
        self._seconds = read(self, LOOK_PARAMETERS)["seconds"]
        self.done = Future()
        self._matcher = PairMatcher()
        self._arrivals: dict[str, list[float]] = {sensor: [] for sensor in TOPICS}
        self._types: dict[str, str] = {}
        self._listening: set[str] = set()

    def start(self) -> None:
        """Begin to look."""
        self._end_s = time.monotonic() + self._seconds
        self.create_timer(_POLL_S, self._look)

    def close(self) -> None:
        """Nothing is to be undone."""

    def _look(self) -> None:
        for sensor, topic in TOPICS.items():
            publishers = self.get_publishers_info_by_topic(self.resolve_topic_name(topic))
            if publishers and sensor not in self._listening:
                self._types[sensor] = publishers[0].topic_type
                self._listening.add(sensor)
                kind = _TYPES.get(self._types[sensor])
                if kind is not None:
                    self.create_subscription(kind, topic, self._listener(sensor), qos.sensor_input())
        if time.monotonic() >= self._end_s and not self.done.done():
            print(json.dumps(self._report()), flush=True)
            self.done.set_result(None)

    def _listener(self, sensor: str) -> Any:
        def listen(message: Any) -> None:
            stamp = message.header.stamp
            frame = Frame(_PICTURE, stamp.sec * 1_000_000_000 + stamp.nanosec)
            self._arrivals[sensor].append(time.monotonic())
            self._matcher.add(sensor, frame, time.monotonic_ns(), self.get_clock().now().nanoseconds)

        return listen

    def _report(self) -> dict[str, Any]:
        cameras = {}
        for sensor, topic in TOPICS.items():
            name, arrivals = self.resolve_topic_name(topic), self._arrivals[sensor]
            span_s = arrivals[-1] - arrivals[0] if len(arrivals) > 1 else 0.0
            cameras[sensor] = {
                "topic": name,
                "publishers": self.count_publishers(name),
                "type": self._types.get(sensor, ""),
                "received": len(arrivals),
                "rate": round((len(arrivals) - 1) / span_s, 1) if span_s else 0.0,
            }
        return {
            "rmw": get_rmw_implementation_identifier(),
            "vision_msgs": importlib.util.find_spec("vision_msgs") is not None,
            "seconds": self._seconds,
            "cameras": cameras,
            "pairs": self._matcher.statistics.paired,
            "offset_ms": round(self._matcher.statistics.mean_offset_ms, 2),
            "hint": self._matcher.hint(time.monotonic_ns()),
            "ages": describe_ages(self._matcher.ages_ns()),
        }
