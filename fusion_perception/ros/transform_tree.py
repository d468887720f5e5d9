# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where frames that never move lie to one another, by static transforms; no ROS."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TOPIC = "/tf_static"
"""Where static transforms are published."""

_MOST_FRAMES = 10_000
_LONGEST_CHAIN = 200

Pose = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Rotation (3, 3) and translation (3,) in m of a frame in another one."""


class TransformTree:
    """Static transforms of a robot, as they come."""

    def __init__(self) -> None:
        self._parents: dict[str, tuple[str, Pose]] = {}

    def take(self, message: Any) -> None:
        """Take in a ``tf2_msgs/TFMessage``; a transform that is none is left out."""
        for item in message.transforms:
            pose = _pose(item.transform)
            child = _name(item.child_frame_id)
            if pose is not None and (child in self._parents or len(self._parents) < _MOST_FRAMES):
                self._parents[child] = (_name(item.header.frame_id), pose)

    def between(self, frame: str, other: str) -> Pose | None:
        """Return the pose of one frame in another one, or None where no static transforms join them."""
        if not frame or not other:
            return None
        up, down = self._chain(_name(frame)), self._chain(_name(other))
        for name, pose in up.items():
            if name in down:
                rotation, translation = down[name]  # of the other frame; its inverse goes back down
                return rotation.T @ pose[0], rotation.T @ (pose[1] - translation)
        return None

    def _chain(self, frame: str) -> dict[str, Pose]:
        """Return each frame above one, that one first, with its pose in there."""
        pose: Pose = np.eye(3), np.zeros(3)
        found = {frame: pose}
        while frame in self._parents and len(found) < _LONGEST_CHAIN:
            frame, (rotation, translation) = self._parents[frame]
            if frame in found:
                break  # a circle
            pose = rotation @ pose[0], rotation @ pose[1] + translation
            found[frame] = pose
        return found


def _name(frame: str) -> str:
    return str(frame).lstrip("/")


def _pose(transform: Any) -> Pose | None:
    q, move = transform.rotation, transform.translation
    numbers = np.array([q.x, q.y, q.z, q.w, move.x, move.y, move.z], np.float64)
    length = float(np.linalg.norm(numbers[:4]))
    if not np.isfinite(numbers).all() or not 0.9 < length < 1.1:
        return None
    x, y, z, w = numbers[:4] / length
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return rotation, numbers[4:]
