# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The result topics: what is published, and only for those who listen."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from fusion_perception.labels import LabelSet
from fusion_perception.outputs import Output, ResultTopic, result_topics
from fusion_perception.ros import qos
from fusion_perception.ros.camera_info import scaled_camera_info
from fusion_perception.ros.compressed import fill_compressed
from fusion_perception.ros.conversion import fill_message
from fusion_perception.ros.label_info import make_label_info_publisher
from fusion_perception.types import Perception

CAMERA_INFO_TOPIC = "fusion/camera_info"
LABEL_INFO_TOPIC = "fusion/label_info"


COMPRESSED = "/compressed"
"""What follows the name of a topic where image_transport looks for its JPEGs."""


class ResultOutputs:
    """Publishers of all results; ``publish`` runs in the worker thread.

    Args:
        node: an rclpy lifecycle node; its transitions switch the publishers on and off.
        labels: names and colours of the mask ids.
        outputs: what the model returns.
    """

    def __init__(self, node: Any, labels: LabelSet, outputs: Sequence[Output]) -> None:
        self.alpha = 0.5
        self.jpeg_quality = 90
        self._node = node
        self._labels = labels
        self._images: list[tuple[ResultTopic, Any]] = []
        self._compressed: dict[str, Any] = {}  # publisher of the JPEGs by the topic of the raw images
        self._camera_info: Any = None
        self._label_info: Any = None
        try:
            for topic in result_topics(outputs):
                self._images.append((topic, self._create(Image, topic.topic)))
                if topic.compressed:  # it follows the raw topic where that is remapped
                    name = node.resolve_topic_name(topic.topic) + COMPRESSED
                    self._compressed[topic.topic] = self._create(CompressedImage, name)
            self._camera_info = self._create(CameraInfo, CAMERA_INFO_TOPIC)
            self._label_info = make_label_info_publisher(node, LABEL_INFO_TOPIC, labels)
        except Exception:  # an override that rclpy refuses, for example
            self.close()
            raise

    def close(self) -> None:
        """Remove the publishers."""
        for publisher in self._publishers():
            self._node.destroy_lifecycle_publisher(publisher)
        self._images.clear()
        self._compressed.clear()
        if self._camera_info is not None:
            self._node.destroy_lifecycle_publisher(self._camera_info)
        if self._label_info is not None:
            self._node.destroy_publisher(self._label_info)

    def topics(self) -> list[str]:
        """Full names of the result images."""
        return [publisher.topic_name for publisher in self._publishers()]

    def has(self, output: str) -> bool:
        """Whether the model returns an output, by its name in the table."""
        return any(topic.output.name == output for topic, _ in self._images)

    def wants_anything(self) -> bool:
        """Whether anybody listens to any result image."""
        return any(publisher.get_subscription_count() for publisher in self._publishers())

    def wants_attribution(self) -> bool:
        """Whether anybody listens to an attribution image."""
        return any(topic.attribution and publisher.get_subscription_count() for topic, publisher in self._images)

    def publish(self, perception: Perception, camera_info: CameraInfo | None) -> int:
        """Publish one result.

        Args:
            perception: the result; every message carries its stamp and frame_id.
            camera_info: calibration of the reference camera, or None if it has none.

        Returns:
            Number of images published.
        """
        header = _header(perception.stamp_ns, perception.frame_id)
        published, maps = 0, perception.outputs.maps()
        for topic, publisher in self._images:
            if topic.output.name not in maps:
                continue
            jpeg = self._compressed.get(topic.topic)
            raw_wanted = publisher.get_subscription_count() > 0
            if jpeg is not None and not jpeg.get_subscription_count():
                jpeg = None
            if not raw_wanted and jpeg is None:
                continue
            image = topic.render(perception.outputs, self._labels, self.alpha)
            if raw_wanted:
                publisher.publish(fill_message(Image(), image, topic.encoding, header))
            if jpeg is not None:
                jpeg.publish(fill_compressed(CompressedImage(), image, header, self.jpeg_quality))
            published += raw_wanted + (jpeg is not None)
        size = perception.outputs.mask.shape
        self.publish_info((size[0], size[1]), perception.stamp_ns, perception.frame_id, camera_info)
        return published

    def publish_info(self, size: tuple[int, int], stamp_ns: int, frame_id: str, camera_info: CameraInfo | None) -> None:
        """Publish the calibration alone, if somebody listens: also for those who wait for it before they ask for more.

        Args:
            size: (height, width) of the results.
            stamp_ns: their stamp.
            frame_id: their frame.
            camera_info: calibration of the reference camera; without one, K is 0, which means uncalibrated.
        """
        if not self._camera_info.get_subscription_count():
            return
        info = scaled_camera_info(CameraInfo() if camera_info is None else copy.deepcopy(camera_info), size)
        info.header = _header(stamp_ns, frame_id)
        self._camera_info.publish(info)

    def _publishers(self) -> list[Any]:
        return [*(publisher for _, publisher in self._images), *self._compressed.values()]

    def _create(self, message_type: Any, topic: str) -> Any:
        warn = self._node.get_logger().warning
        return self._node.create_lifecycle_publisher(
            message_type,
            topic,
            qos.result_output(),
            event_callbacks=qos.warn_about_subscribers(warn, self._node.resolve_topic_name(topic)),
            qos_overriding_options=qos.overridable(),
        )


def _header(stamp_ns: int, frame_id: str) -> Header:
    header = Header()
    header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
    header.frame_id = frame_id
    return header
