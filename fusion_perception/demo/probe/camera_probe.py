# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The node that measures fusion_node from outside: images go in at an even rate, and results come out."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from fusion_perception.engine.parity import synthetic_pairs
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.ros import qos
from fusion_perception.ros.camera_topics import TOPICS
from fusion_perception.ros.conversion import fill_message
from fusion_perception.ros.parameter_declaration import declare, read
from fusion_perception.ros.parameter_spec import ParameterSpec
from fusion_perception.ros.printable_logger import PrintableLog

PROBE_PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("rate", 30.0, "Pairs a second.", (0.1, 1000.0), read_only=True),
    ParameterSpec("settle_s", 2.0, "Seconds of playing before anything is counted.", (0.0, 60.0), read_only=True),
    ParameterSpec("seconds", 10.0, "Seconds that are counted.", (0.01, 3600.0), read_only=True),
    ParameterSpec("height", 480, "Of the images in pixels.", (1, 16384), read_only=True),
    ParameterSpec("width", 640, "Of the images in pixels.", (1, 16384), read_only=True),
    ParameterSpec("results", "fusion/image,fusion/mask", "Topics to listen to.", read_only=True),
)
"""Parameters of the probe."""

START, END = "start", "end"
"""Events that it prints, a line of JSON each, when counting begins and when all is over."""

_PAIRS = 4
_QUEUE = 30
_PATIENCE_S = 100.0  # for the node to come up
_DRAIN_S = 1.0  # for the last results
_POLL_S = 0.02
_TELLS_PUBLICATION = hasattr(Subscription, "CallbackType")  # message info in callbacks: from ROS 2 Iron on


class CameraProbe(PrintableLog, Node):
    """Plays pairs whose two stamps are the moment of their sending, and notes when each result was published and came.

    A result is there when all of its topics have come.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("camera_probe", **kwargs)
        declare(self, PROBE_PARAMETERS)
        self._values = read(self, PROBE_PARAMETERS)
        self.done = Future()
        self._topics = self._values["results"].split(",")
        self._failure: FusionPerceptionError | None = None
        self._stopping = threading.Event()
        self._cameras = {
            sensor: self.create_publisher(Image, topic, qos.result_output()) for sensor, topic in TOPICS.items()
        }
        self._waiting: dict[int, dict[str, int]] = {}  # stamp -> topic -> when it was published
        self._came: list[tuple[int, int, int]] = []  # stamp, published, received; the last topic of each
        self._player = threading.Thread(target=self._play, name="play", daemon=True)

    def start(self) -> None:
        """Subscribe, and begin to play as soon as the node is there."""
        quality = QoSProfile(depth=_QUEUE, reliability=ReliabilityPolicy.RELIABLE)
        for topic in self._topics:
            self.create_subscription(Image, topic, self._listener(topic), quality)
        self._player.start()

    def close(self) -> None:
        """Stop playing; calling it twice is harmless.

        Raises:
            FusionPerceptionError: what ended the playing early; raised once.
        """
        self._stopping.set()
        if self._player.is_alive():
            self._player.join()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _listener(self, topic: str) -> Any:
        def with_info(message: Image, info: Any) -> None:
            self._take(topic, message, info["source_timestamp"] or time.time_ns())  # not every middleware tells it

        def without_info(message: Image) -> None:
            self._take(topic, message, time.time_ns())

        return with_info if _TELLS_PUBLICATION else without_info

    def _take(self, topic: str, message: Image, published_ns: int) -> None:
        stamp = message.header.stamp
        stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
        came = self._waiting.setdefault(stamp_ns, {})
        came[topic] = published_ns
        if len(came) == len(self._topics):
            del self._waiting[stamp_ns]
            self._came.append((stamp_ns, max(came.values()), time.time_ns()))

    # Playing thread --------------------------------------------------------------------------------------------

    def _play(self) -> None:
        try:
            pairs = list(synthetic_pairs(self._values["height"], self._values["width"], _PAIRS))
            self._wait_for_node()
            self._send(pairs, self._values["settle_s"])
            print(json.dumps({"event": START}), flush=True)
            start_ns = time.time_ns()
            sent = self._send(pairs, self._values["seconds"])
            end_ns = time.time_ns()
            print(json.dumps(self._report(start_ns, end_ns, sent)), flush=True)
        except FusionPerceptionError as error:
            self._failure = error
        except Exception as error:
            if self.context.ok():  # else a signal has ended ROS under this thread
                self._failure = FusionPerceptionError(f"measuring failed: {type(error).__name__}: {error}")
        finally:
            if not self.done.done():
                self.done.set_result(None)

    def _wait_for_node(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        topics = [self.resolve_topic_name(topic) for topic in self._topics]
        while not self._stopping.is_set():
            heard = all(camera.get_subscription_count() for camera in self._cameras.values())
            if heard and all(self.count_publishers(topic) for topic in topics):
                self._stopping.wait(10 * _POLL_S)  # the node has to find us too
                return
            if time.monotonic() > deadline:
                raise FusionPerceptionError(
                    f"no node listens to {', '.join(TOPICS.values())} and publishes {', '.join(topics)} "
                    f"within {_PATIENCE_S:g} s"
                )
            self._stopping.wait(_POLL_S)

    def _send(self, pairs: list[Any], seconds: float) -> int:
        """Send pairs evenly for so long, and return their number; where sending is too slow, pairs are left out."""
        period_s = 1.0 / self._values["rate"]
        start_s = time.monotonic()
        sent = number = 0
        while not self._stopping.is_set() and number * period_s < seconds:
            if self._stopping.wait(max(0.0, start_s + number * period_s - time.monotonic())):
                break
            self._send_pair(*pairs[sent % len(pairs)])
            sent += 1
            number = max(number + 1, int((time.monotonic() - start_s) / period_s))
        self._stopping.wait(max(0.0, start_s + seconds - time.monotonic()))
        return sent

    def _send_pair(self, thermal: Any, rgb: Any) -> None:
        stamp_ns = time.time_ns()
        for sensor, image, encoding in (("thermal", thermal, "mono8"), ("rgb", rgb, "rgb8")):
            header = Header(frame_id=f"{sensor}_optical_frame")
            header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
            self._cameras[sensor].publish(fill_message(Image(), image, encoding, header))

    def _report(self, start_ns: int, end_ns: int, sent: int) -> dict[str, Any]:
        """Return what was counted: results that came in the time, and of them those that were sent in it as well."""
        self._stopping.wait(_DRAIN_S)
        came = list(self._came)
        of_these = [item for item in came if start_ns <= item[0] < end_ns]
        return {
            "event": END,
            "seconds": (end_ns - start_ns) / 1e9,
            "sent": sent,
            "results": len(of_these),
            "results_in_time": sum(start_ns <= received < end_ns for _, _, received in came),
            "published_ms": [round((published - stamp) / 1e6, 3) for stamp, published, _ in of_these],
            "received_ms": [round((received - stamp) / 1e6, 3) for stamp, _, received in of_these],
        }
