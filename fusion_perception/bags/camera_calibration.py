# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a bag says of its cameras: their CameraInfo, and where they are to one another."""

from __future__ import annotations

from typing import Any

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.image_messages import message_of
from fusion_perception.errors import ImageError
from fusion_perception.ros.camera_topics import info_beside, is_rectified
from fusion_perception.ros.transform_tree import TOPIC, TransformTree

CAMERA_INFO, TRANSFORMS = "sensor_msgs/msg/CameraInfo", "tf2_msgs/msg/TFMessage"

_TRIED = 20  # messages; those of one camera are alike


def camera_info(bag: BagReader, image_topic: str) -> Any:
    """Return the first CameraInfo of a camera with numbers in it, or one without if there is none with; or None.

    Args:
        bag: the bag.
        image_topic: of the camera; its CameraInfo is looked for beside its images, where the node does.
    """
    topic = bag.topics.get(info_beside(image_topic))
    if topic is None or topic.message_type != CAMERA_INFO:
        return None
    found = None
    for number, stored in enumerate(bag.messages({topic.name})):
        if number >= _TRIED:
            break
        try:
            info = message_of(stored)
        except ImageError:
            continue
        found = found or info
        if (info.p if is_rectified(image_topic) else info.k)[0]:
            return info
    return found


def static_transforms(bag: BagReader) -> TransformTree:
    """Return all static transforms of a bag."""
    tree = TransformTree()
    topic = bag.topics.get(TOPIC)
    if topic is not None and topic.message_type == TRANSFORMS:
        for stored in bag.messages({TOPIC}):
            try:
                tree.take(message_of(stored))
            except ImageError:  # a damaged message says nothing
                continue
    return tree
