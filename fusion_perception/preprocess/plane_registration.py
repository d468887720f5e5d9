# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Registration of two calibrated cameras, for what lies at one distance."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.preprocess.camera_model import CameraModel
from fusion_perception.resize import resize

_NOWHERE = -1e4  # of a map: no pixel; fixed-point maps hold up to 32767


class PlaneRegistration:
    """Lays thermal images onto the RGB camera's view by the calibration of both.

    What the RGB camera sees in a pixel is taken to lie on a plane across its view at one distance; from there it is
    projected into the thermal camera. The lens distortion of both is taken into account on the way, so that the
    RGB image, and with it the results, stay as the camera gives them. The maps are computed once for each size.

    Args:
        thermal: the thermal camera.
        rgb: the RGB camera.
        rotation: (3, 3) of the thermal camera in the RGB camera's optical frame.
        translation: (3,) place of the thermal camera in the RGB camera's optical frame, in m.
        distance_m: of the plane, above 0.

    Raises:
        ValueError: the distance is not above 0.
    """

    kind = "camera_info"
    is_identity = False

    def __init__(
        self,
        thermal: CameraModel,
        rgb: CameraModel,
        rotation: NDArray[np.float64],
        translation: NDArray[np.float64],
        distance_m: float,
    ) -> None:
        if not distance_m > 0:
            raise ValueError(f"distance_m is {distance_m}; allowed: above 0")
        self._thermal, self._rgb = thermal, rgb
        self._rotation, self._translation = np.asarray(rotation, np.float64), np.asarray(translation, np.float64)
        self._distance_m = distance_m
        self._sizes: tuple[tuple[int, int], ...] = ()
        self._maps: tuple[NDArray[np.int16], NDArray[np.uint16]] | None = None

    def thermal_to(
        self, size: tuple[int, int], thermal: NDArray[np.uint8], rgb_size: tuple[int, int] | None
    ) -> NDArray[np.uint8]:
        """Return the thermal image on the model's grid; see ``Registration.thermal_to``."""
        if rgb_size is None:
            return resize(thermal, size)
        sizes = (size, (thermal.shape[0], thermal.shape[1]), rgb_size)
        if self._maps is None or sizes != self._sizes:
            self._maps, self._sizes = self._make_maps(size, sizes[1], rgb_size), sizes
        return np.asarray(cv2.remap(thermal, *self._maps, cv2.INTER_LINEAR), np.uint8)

    def thermal_pixels(
        self, pixels: NDArray[np.float64], rgb: CameraModel, thermal: CameraModel
    ) -> NDArray[np.float64]:
        """Return where in the thermal image lies what (N, 2) pixels of the RGB image show; NaN: nowhere."""
        rays = rgb.rays(pixels)
        points = np.column_stack([rays, np.ones(len(rays))]) * self._distance_m
        return thermal.pixels((points - self._translation) @ self._rotation)  # a row times R is R transposed times it

    def _make_maps(
        self, size: tuple[int, int], thermal_size: tuple[int, int], rgb_size: tuple[int, int]
    ) -> tuple[NDArray[np.int16], NDArray[np.uint16]]:
        # The grid of the model is the RGB image resized: by the camera as if it had that size.
        rgb, thermal = self._rgb.scaled(rgb_size).scaled(size), self._thermal.scaled(thermal_size)
        ys, xs = np.mgrid[: size[0], : size[1]]
        found = self.thermal_pixels(np.column_stack([xs.ravel(), ys.ravel()]).astype(np.float64), rgb, thermal)
        edge = np.array([thermal_size[1], thermal_size[0]])
        outside = ~((found > -1) & (found < edge)).all(axis=1)  # NaN too
        found[outside] = _NOWHERE
        flat = found.astype(np.float32).reshape(*size, 2)
        maps = cv2.convertMaps(flat[..., 0], flat[..., 1], cv2.CV_16SC2)
        return np.asarray(maps[0], np.int16), np.asarray(maps[1], np.uint16)
