# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The result topics: what is published, and only for those who listen."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from fusion_perception.labels import LabelSet
from fusion_perception.render import colour_mask, heat_map, overlay
from fusion_perception.ros import qos
from fusion_perception.ros.camera_info import scaled_camera_info
from fusion_perception.ros.conversion import fill_message
from fusion_perception.ros.label_info import make_label_info_publisher
from fusion_perception.types import EngineOutputs, Perception

CAMERA_INFO_TOPIC = "fusion/camera_info"
LABEL_INFO_TOPIC = "fusion/label_info"


@dataclass(frozen=True)
class ImageTopic:
    """One result image.

    Attributes:
        topic: relative name.
        encoding: ``rgb8`` or ``mono8``.
        render: makes the image from the engine's outputs, the labels and the opacity of overlays.
        attribution: whether it needs the attribution.
    """

    topic: str
    encoding: str
    render: Callable[[EngineOutputs, LabelSet, float], NDArray[np.uint8]]
    attribution: bool = False


def _share(outputs: EngineOutputs) -> NDArray[np.uint8]:
    if outputs.attribution is None:
        raise ValueError("the result has no attribution")
    return outputs.attribution


IMAGE_TOPICS: tuple[ImageTopic, ...] = (
    ImageTopic("fusion/image", "rgb8", lambda out, labels, alpha: out.fused),
    ImageTopic("fusion/mask", "mono8", lambda out, labels, alpha: out.mask),
    ImageTopic("fusion/mask_color", "rgb8", lambda out, labels, alpha: colour_mask(out.mask, labels)),
    ImageTopic("fusion/overlay", "rgb8", lambda out, labels, alpha: overlay(out.fused, out.mask, labels, alpha)),
    ImageTopic("fusion/confidence", "mono8", lambda out, labels, alpha: out.confidence),
    ImageTopic("fusion/attribution", "mono8", lambda out, labels, alpha: _share(out), attribution=True),
    ImageTopic("fusion/attribution_color", "rgb8", lambda out, labels, alpha: heat_map(_share(out)), attribution=True),
)
"""All result images."""


class ResultOutputs:
    """Publishers of all results; ``publish`` runs in the worker thread.

    Args:
        node: an rclpy lifecycle node; its transitions switch the publishers on and off.
        labels: names and colours of the mask ids.
        has_attribution: whether the model computes it.
    """

    def __init__(self, node: Any, labels: LabelSet, *, has_attribution: bool) -> None:
        self.alpha = 0.5
        self._node = node
        self._labels = labels
        self._images: list[tuple[ImageTopic, Any]] = []
        self._camera_info: Any = None
        self._label_info: Any = None
        try:
            for topic in IMAGE_TOPICS:
                if has_attribution or not topic.attribution:
                    self._images.append((topic, self._create(Image, topic.topic)))
            self._camera_info = self._create(CameraInfo, CAMERA_INFO_TOPIC)
            self._label_info = make_label_info_publisher(node, LABEL_INFO_TOPIC, labels)
        except Exception:  # an override that rclpy refuses, for example
            self.close()
            raise

    def close(self) -> None:
        """Remove the publishers."""
        for _, publisher in self._images:
            self._node.destroy_lifecycle_publisher(publisher)
        self._images.clear()
        if self._camera_info is not None:
            self._node.destroy_lifecycle_publisher(self._camera_info)
        if self._label_info is not None:
            self._node.destroy_publisher(self._label_info)

    def topics(self) -> list[str]:
        """Full names of the result images."""
        return [publisher.topic_name for _, publisher in self._images]

    def wants_anything(self) -> bool:
        """Whether anybody listens to any result image."""
        return any(publisher.get_subscription_count() for _, publisher in self._images)

    def wants_attribution(self) -> bool:
        """Whether anybody listens to an attribution image."""
        return any(topic.attribution and publisher.get_subscription_count() for topic, publisher in self._images)

    def publish(self, perception: Perception, camera_info: CameraInfo | None) -> int:
        """Publish one result.

        Args:
            perception: the result; every message carries its stamp and frame_id.
            camera_info: calibration of the reference camera, or None.

        Returns:
            Number of images published.
        """
        header = Header()
        header.stamp.sec, header.stamp.nanosec = divmod(perception.stamp_ns, 1_000_000_000)
        header.frame_id = perception.frame_id
        published = 0
        for topic, publisher in self._images:
            if topic.attribution and perception.outputs.attribution is None:
                continue
            if not publisher.get_subscription_count():
                continue
            image = topic.render(perception.outputs, self._labels, self.alpha)
            publisher.publish(fill_message(Image(), image, topic.encoding, header))
            published += 1
        if camera_info is not None and self._camera_info.get_subscription_count():
            info = scaled_camera_info(copy.deepcopy(camera_info), perception.outputs.mask.shape)
            info.header = header
            self._camera_info.publish(info)
        return published

    def _create(self, message_type: Any, topic: str) -> Any:
        warn = self._node.get_logger().warning
        return self._node.create_lifecycle_publisher(
            message_type,
            topic,
            qos.result_output(),
            event_callbacks=qos.warn_about_subscribers(warn, self._node.resolve_topic_name(topic)),
            qos_overriding_options=qos.overridable(),
        )
