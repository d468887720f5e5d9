# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of image_transport's republish for a camera topic. Needs no ROS."""

from __future__ import annotations


def republish_parameters(topic: str, namespace: str) -> dict[str, str]:
    """Return the parameters that make JPEG of a raw topic, also where its publisher sends best effort.

    Args:
        topic: name of the raw topic, relative or absolute.
        namespace: of the node.
    """
    resolved = topic if topic.startswith("/") else f"/{namespace.strip('/')}/{topic}".replace("//", "/")
    return {
        "in_transport": "raw",
        "out_transport": "compressed",
        f"qos_overrides.{resolved}.subscription.reliability": "best_effort",
    }
