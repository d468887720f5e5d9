# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The camera topics: subscribe, check, pair."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fusion_perception.errors import ImageError
from fusion_perception.health import HealthSettings
from fusion_perception.preprocess.fill_missing import FILL_SHARE
from fusion_perception.ros import qos
from fusion_perception.ros.camera_topics import TOPICS, camera_topic, describe_silence
from fusion_perception.ros.conversion import message_kind, rgb_from_message, thermal_from_message, thermal_remark
from fusion_perception.ros.health_watch import HealthWatch
from fusion_perception.ros.loss_count import LossCount
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.ros.transport import profile_variable
from fusion_perception.sync import PairMatcher
from fusion_perception.types import Frame, FramePair

_SECOND_NS = 1_000_000_000
_LATEST_NS = 2**31 * _SECOND_NS  # a stamp has 32 bits for its seconds
_SILENT_AFTER_S = 15.0
_CERTAIN_AFTER_S = 2.0  # where the graph says why nothing comes
_LARGE = 500_000  # bytes of a message
_LOST_NOTICED, _LOST_SHARE = 10, 0.05  # lost messages, and their share, from which on it is worth a warning


class CameraInputs:
    """Subscribes both cameras and hands their pairs on; runs in the executor's thread.

    Args:
        node: an rclpy node.
        matcher: pairs the frames.
        statistics: counts what came and what was refused.
        on_pair: called with every pair.
        transport: how the images come, one of ``TRANSPORTS``.
        health: when a camera is not to be trusted.
        on_info: called after every calibration that came.
    """

    def __init__(
        self,
        node: Any,
        matcher: PairMatcher,
        statistics: NodeStatistics,
        on_pair: Callable[[FramePair], None],
        transport: str = "raw",
        health: HealthSettings | None = None,
        on_info: Callable[[], object] = lambda: None,
    ) -> None:
        self.camera_info: dict[str, CameraInfo] = {}  # the latest of each camera
        self.topics = {sensor: camera_topic(node, sensor, transport) for sensor in TOPICS}
        self.fill_share = FILL_SHARE  # of a float thermal image that may be without values
        self.health = HealthWatch(health or HealthSettings(), matcher.exclude)
        self._node = node
        self._matcher = matcher
        self._statistics = statistics
        self._on_pair = on_pair
        self._on_info = on_info
        self._throttle = LogThrottle()
        self._thermal_kind = ""  # of the thermal images that were looked at for a remark
        self._heard = dict.fromkeys(TOPICS, time.monotonic())
        self._losses = {sensor: LossCount() for sensor in TOPICS}
        self._size = dict.fromkeys(TOPICS, 0)  # bytes of the latest message
        warn = node.get_logger().warning
        self._subscriptions: list[Any] = []
        try:
            for sensor, topic in self.topics.items():
                self._subscribe(
                    Image if topic.transport == "raw" else CompressedImage,
                    topic.image,
                    self._with_info(sensor),
                    event_callbacks=qos.watch_publishers(warn, topic.name, partial(self._on_lost, sensor)),
                    qos_overriding_options=qos.overridable(),
                )
                self._subscribe(CameraInfo, topic.info, partial(self._take_info, sensor))
        except Exception:  # an override that rclpy refuses, for example
            self.close()
            raise

    def close(self) -> None:
        """Unsubscribe; calling it twice is harmless."""
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())
        self.health.close()

    def silence(self) -> dict[str, str]:
        """Say for each silent camera what to check; empty while both deliver."""
        now = time.monotonic()
        reports = {}
        for sensor, topic in self.topics.items():
            silent_s = now - self._heard[sensor]
            if silent_s < _CERTAIN_AFTER_S:
                continue
            report, certain = describe_silence(self._node, sensor, topic, silent_s)
            # A slow camera, or a recording that is played slowly, is not silent between two images.
            if certain or silent_s >= max(_SILENT_AFTER_S, self._matcher.patience_ns(sensor) / 1e9):
                reports[sensor] = report
        return reports

    def _subscribe(self, message_type: Any, topic: str, callback: Callable[[Any], None], **options: Any) -> None:
        subscription = self._node.create_subscription(message_type, topic, callback, qos.sensor_input(), **options)
        self._subscriptions.append(subscription)

    def _take_info(self, sensor: str, info: CameraInfo) -> None:
        self.camera_info[sensor] = info
        self._on_info()

    def _with_info(self, sensor: str) -> Callable[..., None]:
        """The callback of a camera, with the message info that carries sequence numbers where rclpy has it."""
        if hasattr(Subscription, "CallbackType"):
            return lambda message, info: self._on_image(sensor, message, info)
        return lambda message: self._on_image(sensor, message)

    def _on_image(self, sensor: str, message: Image | CompressedImage, info: Any = None) -> None:
        self._heard[sensor] = time.monotonic()
        self._statistics.count(f"received_{sensor}")
        self._size[sensor] = len(message.data)
        lost = self._losses[sensor].note_message(info, partial(self._publishers, sensor), self._heard[sensor])
        self._note_lost(sensor, lost)
        try:
            stamp_ns = _stamp_ns(message)
            if sensor == "thermal":
                image: Any = thermal_from_message(message, self.fill_share, self._on_filled)
            else:
                image = rgb_from_message(message)
        except ImageError as error:
            number = self._statistics.count(f"rejected_{sensor}")
            text = f"skipped a message on '{self.topics[sensor].name}' (number {number} so far): {error}"
            admitted = self._throttle.admit(sensor, text)
            if admitted:
                self._node.get_logger().error(admitted)
            return
        frame = Frame(image, stamp_ns, message.header.frame_id)
        self.health.see(sensor, frame, time.monotonic_ns())
        if sensor == "thermal":
            self._remark(message)
        clock_ns = self._node.get_clock().now().nanoseconds or None  # 0 while simulated time has not begun
        for pair in self._matcher.add(sensor, frame, time.monotonic_ns(), clock_ns):
            self._on_pair(pair)

    def _publishers(self, sensor: str) -> int:
        return self._node.count_publishers(self.topics[sensor].name)  # type: ignore[no-any-return]

    def _on_lost(self, sensor: str, number: int) -> None:
        self._note_lost(sensor, self._losses[sensor].note_event(number, time.monotonic()))

    def _note_lost(self, sensor: str, number: int) -> None:
        if not number:
            return
        lost = self._statistics.count(f"lost_{sensor}", number)
        sent = lost + self._statistics.counter(f"received_{sensor}")
        if lost < _LOST_NOTICED or lost < _LOST_SHARE * sent:
            return  # single losses are normal for best-effort transport
        name = self.topics[sensor].name
        if self._size[sensor] > _LARGE:
            advice = (
                "images above half a megabyte need more shared memory than Fast DDS has by itself, so give the camera "
                f"driver config/fastdds.xml ({profile_variable()}); between machines, use a reliable or compressed "
                "transport"
            )
        else:
            advice = (
                "they come faster than this machine takes them, or the network loses them; raise "
                f"qos_overrides.{name}.subscription.depth at start, or lower the camera's rate"
            )
        text = f"{lost} of {sent} messages on '{name}' were lost on their way: {advice}"
        admitted = self._throttle.admit(f"lost_{sensor}", text)
        if admitted:
            self._node.get_logger().warning(admitted)

    def _on_filled(self, number: int, pixels: int) -> None:
        if self._statistics.count("filled_thermal") == 1:  # a dead pixel is in every image
            self._node.get_logger().warning(
                f"thermal images on '{self.topics['thermal'].name}' have pixels that are NaN or infinite ({number} of "
                f"{pixels} in the first): they are filled from their neighbours, up to a share of thermal.fill_share "
                f"({self.fill_share:g}), and the images counted (filled_thermal in /diagnostics)"
            )

    def _remark(self, message: Image | CompressedImage) -> None:
        """Say once for each kind of thermal images what is doubtful about it."""
        kind = message_kind(message)
        if kind == self._thermal_kind:
            return
        self._thermal_kind = kind
        remark = thermal_remark(message)
        admitted = None if remark is None else self._throttle.admit("thermal_remark", remark)
        if admitted:
            self._node.get_logger().warning(admitted)


def _stamp_ns(message: Image | CompressedImage) -> int:
    """Return the stamp of an image in nanoseconds; one that no message of ours can carry is an ImageError."""
    stamp = message.header.stamp
    stamp_ns = int(stamp.sec * _SECOND_NS + stamp.nanosec)  # a nanosec of a whole second and more counts as such
    if stamp_ns >= _LATEST_NS:
        raise ImageError(
            f"header.stamp is {stamp.sec} s and {stamp.nanosec} ns; accepted: up to the year 2038, where seconds end"
        )
    return stamp_ns
