# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What lays thermal onto RGB in a bag: the homography of the parameters, or the calibration that the bag brings."""

from __future__ import annotations

from pathlib import Path

from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.camera_calibration import camera_info, static_transforms
from fusion_perception.bags.folder_source import FolderSource
from fusion_perception.errors import DataError
from fusion_perception.preprocess import PlaneRegistration, Registration
from fusion_perception.ros.camera_topics import info_beside, is_rectified
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.registration_choice import CAMERA_INFO, RigCalibration

_INSTEAD = "or take registration.mode homography, whose numbers fusion-perception calibrate finds"


def registration_of(
    path: Path, source: BagSource | FolderSource, settings: FusionSettings
) -> Registration | PlaneRegistration:
    """Return the registration for a bag or a folder of pairs.

    The first CameraInfo of each camera holds for all of the bag.

    Args:
        path: of it.
        source: its pairs.
        settings: of the node; their mode decides.

    Raises:
        DataError: mode 'camera_info', and something for it is missing or cannot be used.
    """
    if settings.values["registration.mode"] != CAMERA_INFO:
        return settings.registration
    if isinstance(source, FolderSource):
        raise DataError(f"{path} is a folder of pairs, which has no CameraInfo: give a bag, {_INSTEAD}")
    topics = {"thermal": source.thermal_topic, "rgb": source.rgb_topic}
    if not all(topics.values()):
        return settings.registration  # one camera: nothing is laid onto anything
    infos = {sensor: camera_info(source.reader, topic) for sensor, topic in topics.items()}
    for sensor, info in infos.items():
        if info is None:
            raise DataError(
                f"{path} has no CameraInfo of the {sensor} camera (looked for {info_beside(topics[sensor])}), which "
                f"registration.mode camera_info needs: record it, {_INSTEAD}"
            )
    by_tf = settings.values["registration.extrinsics_from"] == "tf"
    transform = static_transforms(source.reader).between if by_tf else None
    rectified = {sensor: is_rectified(topic) for sensor, topic in topics.items()}
    try:
        return RigCalibration.of(settings.values, infos, rectified, transform).registration()
    except ValueError as error:
        raise DataError(f"{path}: registration.mode is camera_info, but {error}") from error
