# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which registration the node uses: the homography, or the calibration of both cameras as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fusion_perception.preprocess import PlaneRegistration, Registration
from fusion_perception.preprocess.camera_model import CameraModel, pose_of
from fusion_perception.ros.camera_info import camera_model
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.transform_tree import Pose
from fusion_perception.text import printable

CAMERA_INFO = "camera_info"
"""Mode that takes the calibration of both cameras."""

_UNTIL_THEN = "until then registration.homography is used"


class RegistrationChoice:
    """Makes the registration anew only when something it rests on has changed, so that its maps are computed once.

    Attributes:
        remark: what mode 'camera_info' lacks, and what to do; None when it lacks nothing.
    """

    def __init__(self) -> None:
        self.remark: str | None = None
        self._rests_on: RigCalibration | None = None
        self._made: PlaneRegistration | None = None

    def choose(
        self,
        settings: FusionSettings,
        infos: Mapping[str, Any],
        rectified: Mapping[str, bool],
        transform: Callable[[str, str], Pose | None] | None,
    ) -> Registration | PlaneRegistration:
        """Return the registration of now.

        Args:
            settings: of the node.
            infos: latest CameraInfo of each camera, ``"thermal"`` and ``"rgb"``.
            rectified: whether the images of a camera are rectified already.
            transform: returns the pose of one frame in another one; None: the parameters say it.
        """
        self.remark = None
        if settings.values["registration.mode"] != CAMERA_INFO:
            return settings.registration
        try:
            rig = RigCalibration.of(settings.values, infos, rectified, transform)
        except ValueError as error:
            self.remark = f"registration.mode is camera_info, but {printable(error, 0)}; {_UNTIL_THEN}"
            return settings.registration
        if self._made is None or rig != self._rests_on:
            self._made, self._rests_on = rig.registration(), rig
        return self._made


@dataclass(frozen=True)
class RigCalibration:
    """All that the registration by two calibrated cameras rests on.

    Attributes:
        thermal: the thermal camera.
        rgb: the RGB camera.
        rotation: (9,) of the thermal camera in the RGB camera's optical frame, row by row.
        translation: (3,) place of the thermal camera there, in m.
        distance_m: of the plane at which both views meet.
    """

    thermal: CameraModel
    rgb: CameraModel
    rotation: tuple[float, ...]
    translation: tuple[float, ...]
    distance_m: float

    @classmethod
    def of(
        cls,
        values: Mapping[str, Any],
        infos: Mapping[str, Any],
        rectified: Mapping[str, bool],
        transform: Callable[[str, str], Pose | None] | None,
    ) -> RigCalibration:
        """Make it of parameters and messages; see ``RegistrationChoice.choose``.

        Raises:
            ValueError: something is missing, or cannot be used; the message says what to do.
        """
        thermal, rgb = (
            _model(sensor, infos.get(sensor), rectified.get(sensor, False)) for sensor in ("thermal", "rgb")
        )
        if transform is None:
            pose = pose_of(values["registration.extrinsics"])
        else:
            pose = _between(str(infos["thermal"].header.frame_id), str(infos["rgb"].header.frame_id), transform)
        rotation, translation = (tuple(float(value) for value in part.ravel()) for part in pose)
        return cls(thermal, rgb, rotation, translation, float(values["registration.distance_m"]))

    def registration(self) -> PlaneRegistration:
        """Return what lays thermal onto RGB; it keeps its maps."""
        turn = np.array(self.rotation).reshape(3, 3)
        return PlaneRegistration(self.thermal, self.rgb, turn, np.array(self.translation), self.distance_m)


def _model(sensor: str, info: Any, rectified: bool) -> CameraModel:
    if info is None:
        raise ValueError(
            f"no CameraInfo of the {sensor} camera has come yet: does its driver publish camera_info beside its "
            f"images, or do you have to remap '{sensor}/camera_info'?"
        )
    try:
        return camera_model(info, rectified=rectified)
    except ValueError as error:
        raise ValueError(
            f"the CameraInfo of the {sensor} camera cannot be used ({error}): calibrate it (docs/calibration.md)"
        ) from None


def _between(thermal: str, rgb: str, transform: Callable[[str, str], Pose | None]) -> Pose:
    pose = transform(thermal, rgb)
    if pose is None:
        raise ValueError(
            f"no static transform joins '{thermal}' (thermal) and '{rgb}' (RGB): publish one with "
            "static_transform_publisher of tf2_ros, or set registration.extrinsics, and extrinsics_from to parameters"
        )
    return pose
