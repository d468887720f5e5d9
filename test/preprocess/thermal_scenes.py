# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Thermal images that the tests of gain control and of the shutter share."""

import cv2
import numpy as np


def scene(low, high, shape=(480, 640), dtype=np.uint16):
    """A ramp from low to high."""
    return np.linspace(low, high, shape[0] * shape[1]).reshape(shape).astype(dtype)


def texture(level, spread, shape=(240, 320), noise=4.0):
    """Soft shapes of a standard deviation around a level, with the noise of a sensor."""
    generator = np.random.default_rng(0)
    soft = cv2.GaussianBlur(generator.normal(0, 1, shape), (0, 0), 9)
    image = level + spread * soft / soft.std() + generator.normal(0, noise, shape)
    return image.clip(0, 65535).astype(np.uint16)


def levels(grey):
    """Grey levels that the bulk of a picture spreads over."""
    return np.ptp(np.percentile(grey, (5, 95)))
