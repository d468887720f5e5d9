# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics belong to a camera: its images, raw or compressed, and its calibration; and why nothing comes there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from fusion_perception.text import printable

TOPICS = {"thermal": "thermal/image_raw", "rgb": "rgb/image_raw"}
"""Topic of each camera; relative, so that namespaces and remapping work."""

INFO_TOPICS = {"thermal": "thermal/camera_info", "rgb": "rgb/camera_info"}
"""Calibration of each camera; where it is not remapped, it is looked for beside the images."""

TRANSPORTS = ("raw", "compressed", "compressedDepth")
"""How images may come; all but raw ones below the topic of the raw images, as image_transport sends them."""

_BELOW = (*TRANSPORTS[1:], "ffmpeg")  # last parts of names of topics below that of the raw images

_TYPES = {"raw": "sensor_msgs/msg/Image"}  # others: CompressedImage
_COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"


@dataclass(frozen=True)
class CameraTopic:
    """The topics of one camera.

    Attributes:
        image: what to subscribe.
        name: its full name.
        transport: one of ``TRANSPORTS``.
        info: calibration to subscribe.
    """

    image: str
    name: str
    transport: str
    info: str

    @property
    def message_type(self) -> str:
        """Full name of the images' type."""
        return _TYPES.get(self.transport, _COMPRESSED_TYPE)


def camera_topic(node: Any, sensor: str, transport: str) -> CameraTopic:
    """Return the topics of a camera.

    A topic that ends in ``/compressed`` or ``/compressedDepth`` says so by itself, whatever transport is asked for.

    Args:
        node: an rclpy node, whose namespace and remappings count.
        sensor: ``"thermal"`` or ``"rgb"``.
        transport: one of ``TRANSPORTS``.
    """
    image = TOPICS[sensor]
    name = node.resolve_topic_name(image)
    base, _, ending = name.rpartition("/")
    if ending in TRANSPORTS[1:]:
        transport, raw_name = ending, base
    else:
        raw_name = name
        if transport != "raw":  # remapping may also name this one
            image = f"{name}/{transport}"
            name = node.resolve_topic_name(image)
    info = INFO_TOPICS[sensor]
    if node.resolve_topic_name(info) == node.resolve_topic_name(info, only_expand=True):
        info = info_beside(raw_name)
    return CameraTopic(image, name, transport, info)


def info_beside(image: str) -> str:
    """Return the topic of a camera's calibration, beside that of its images, raw or compressed."""
    base, _, ending = image.rpartition("/")
    raw = base if ending in _BELOW else image
    return f"{raw.rpartition('/')[0]}/camera_info"


def is_rectified(image: str) -> bool:
    """Whether the images of a topic are rectified already, as its name says."""
    return "_rect" in image.rpartition("image")[2]


def describe_conflict(topics: Mapping[str, CameraTopic], results: Collection[str]) -> str | None:
    """Say which topic is used for two things, so that the results are wrong without a sign of it, or return None.

    Args:
        topics: those of each camera.
        results: full names of the topics that the node publishes.
    """
    names = {sensor: topic.name for sensor, topic in topics.items()}
    if len(set(names.values())) < len(names):
        return (
            f"both cameras are on '{names['rgb']}', so that one image is taken for thermal and RGB alike; "
            f"remap '{TOPICS['thermal']}' and '{TOPICS['rgb']}' to two cameras"
        )
    for sensor, name in names.items():
        if name in results:
            return (
                f"results go to '{name}', which the {sensor} images come from, so that results are taken for images; "
                f"remap '{TOPICS[sensor]}' to the camera's images, or the result to a topic of its own"
            )
    return None


def describe_silence(node: Any, sensor: str, topic: CameraTopic, silent_s: float) -> tuple[str, bool]:
    """Say that a topic is silent, why, and what to do; and whether the graph of topics proves the cause.

    Args:
        node: an rclpy node.
        sensor: ``"thermal"`` or ``"rgb"``.
        topic: the camera's topics.
        silent_s: for how long.
    """
    cause, certain = _cause(node, sensor, topic)
    return f"no {sensor} image on '{topic.name}' for {silent_s:.0f} s, {cause}", certain


def _cause(node: Any, sensor: str, topic: CameraTopic) -> tuple[str, bool]:
    types = sorted({str(item.topic_type) for item in node.get_publishers_info_by_topic(topic.name)})
    if types and topic.message_type not in types:
        came = ", ".join(printable(name, 64) for name in types)
        text = f"because what is published there is {came} and not {topic.message_type}: "
        if _COMPRESSED_TYPE in types:
            return text + f"set image_transport to compressed and remap '{TOPICS[sensor]}/compressed' to it", True
        if _TYPES["raw"] in types:
            return text + "set image_transport to raw", True
        return text + f"remap '{TOPICS[sensor]}' to the camera's images", True
    if types:
        number = node.count_publishers(topic.name)
        text = f"although it has {number} publisher(s): does the camera stream, does its QoS fit, and has "
        return text + "its driver the shared memory that large images need (config/fastdds.xml)?", False
    text = "and nobody publishes it: "
    base = topic.name if topic.transport == "raw" else topic.name.rpartition("/")[0]
    for transport in TRANSPORTS:
        other = base if transport == "raw" else f"{base}/{transport}"
        if transport != topic.transport and node.count_publishers(other):
            return text + f"'{other}' is published, so set image_transport to {transport}", False
    return text + "start the camera driver, or remap the topic", False
