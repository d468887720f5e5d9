# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Augmentation of a thermal-RGB pair with labels, including failing sensors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.labels import IGNORE

Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True)
class AugmentConfig:
    """Strength of the augmentation; every ``p_`` is a probability per sample.

    Attributes:
        crop: (height, width) of the training crop in pixels.
        scale: range of the random resize.
        p_flip: horizontal flip.
        p_paste: paste objects of other images taken at the same time of day.
        max_paste: most objects pasted at once.
        p_foreign: share of pasted objects that were taken at another time of day.
        p_photometric: brightness, contrast, gamma and saturation of RGB; gain, offset and gamma of thermal.
        response: strength of gain and gamma of thermal; 1 as an automatic gain control varies them.
        p_dark: RGB exposure down to a few per cent.
        p_noise: Gaussian noise and blur on RGB.
        p_thermal_noise: Gaussian noise and blur on thermal.
        p_shift: thermal moved against RGB.
        max_shift: largest displacement in pixels.
        p_heat: labelled objects of the classes ``heated`` become warmer or colder, each by a factor of its own.
        heated: label ids of things that the sun and an engine heat, such as cars.
        p_no_thermal: thermal image black.
        p_no_rgb: RGB image black.
    """

    crop: tuple[int, int] = (320, 416)
    scale: tuple[float, float] = (0.6, 1.7)
    p_flip: float = 0.5
    p_paste: float = 0.5
    max_paste: int = 4
    p_foreign: float = 0.2
    p_photometric: float = 0.8
    response: float = 1.0
    p_dark: float = 0.12
    p_noise: float = 0.2
    p_thermal_noise: float = 0.0
    p_shift: float = 0.25
    max_shift: int = 5
    p_heat: float = 0.0
    heated: tuple[int, ...] = ()
    p_no_thermal: float = 0.08
    p_no_rgb: float = 0.08


PARTS: dict[str, tuple[str, ...]] = {
    "paste": ("p_paste",),
    "foreign": ("p_foreign",),
    "photometric": ("p_photometric",),
    "noise": ("p_noise", "p_thermal_noise"),
    "dark": ("p_dark",),
    "shift": ("p_shift",),
    "heat": ("p_heat",),
    "failures": ("p_no_thermal", "p_no_rgb"),
}
"""Part of the augmentation -> what is 0 without it."""


def without(config: AugmentConfig, parts: Iterable[str]) -> AugmentConfig:
    """Return an augmentation that leaves some of ``PARTS`` out.

    Raises:
        ValueError: an unknown part.
    """
    for part in parts:
        if part not in PARTS:
            raise ValueError(f"unknown part of the augmentation '{part}'; allowed: {', '.join(PARTS)}")
        for name in PARTS[part]:
            config = replace(config, **{name: 0.0})  # type: ignore[arg-type]
    return config


def random_scale_crop(arrays: Arrays, config: AugmentConfig, rng: np.random.Generator) -> Arrays:
    """Resize by a random factor and cut one crop, preferring crops that hold a labelled object.

    Where the resized image is smaller than the crop, the images are padded with black and the labels
    with 255.
    """
    thermal, rgb, labels = arrays
    height, width = config.crop
    factor = float(np.exp(rng.uniform(np.log(config.scale[0]), np.log(config.scale[1]))))
    size = (max(32, round(labels.shape[1] * factor)), max(32, round(labels.shape[0] * factor)))
    linear = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    thermal = cv2.resize(thermal, size, interpolation=linear)
    rgb = cv2.resize(rgb, size, interpolation=linear)
    labels = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    pad_y, pad_x = max(0, height - size[1]), max(0, width - size[0])
    if pad_y or pad_x:
        top, left = int(rng.integers(0, pad_y + 1)), int(rng.integers(0, pad_x + 1))
        border = (top, pad_y - top, left, pad_x - left, cv2.BORDER_CONSTANT)
        thermal = cv2.copyMakeBorder(thermal, *border, value=0)
        rgb = cv2.copyMakeBorder(rgb, *border, value=(0, 0, 0))
        labels = cv2.copyMakeBorder(labels, *border, value=IGNORE)
    best = (0, 0, -1)
    for _ in range(3):
        y = int(rng.integers(0, labels.shape[0] - height + 1))
        x = int(rng.integers(0, labels.shape[1] - width + 1))
        window = labels[y : y + height : 4, x : x + width : 4]
        objects = int(((window > 0) & (window != IGNORE)).sum())
        if objects > best[2]:
            best = (y, x, objects)
        if objects > 40:
            break
    y, x, _ = best
    area = (slice(y, y + height), slice(x, x + width))
    return thermal[area], rgb[area], labels[area]


def photometric(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Random gain, gamma, contrast, white balance and saturation of an RGB image."""
    x = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.uniform(-0.4, 0.4))
    gain, offset = np.exp(rng.uniform(-0.35, 0.35)), rng.uniform(-0.06, 0.06)
    tables = [np.clip(gain * np.exp(rng.uniform(-0.08, 0.08)) * x**gamma + offset, 0, 1) * 255 for _ in range(3)]
    out = cv2.LUT(np.ascontiguousarray(rgb), np.stack(tables, -1).astype(np.uint8)[None])
    saturation = rng.uniform(0.4, 1.5)
    grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(out, saturation, grey, 1 - saturation, 0)


def thermal_response(thermal: NDArray[np.uint8], rng: np.random.Generator, strength: float = 1.0) -> NDArray[np.uint8]:
    """Random gain, offset and gamma of a thermal image, as an automatic gain control produces."""
    x = np.arange(256, dtype=np.float32) / 255
    gain, gamma = np.exp(strength * rng.uniform(-0.4, 0.4)), np.exp(strength * rng.uniform(-0.3, 0.3))
    y = gain * x**gamma + rng.uniform(-0.05, 0.1)
    return cv2.LUT(np.ascontiguousarray(thermal), (np.clip(y, 0, 1) * 255).astype(np.uint8))


def shift(image: NDArray[np.uint8], dx: float, dy: float) -> NDArray[np.uint8]:
    """Translate an image by (dx, dy) pixels with replicated border."""
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return cv2.warpAffine(image, matrix, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REPLICATE)


def noisy(image: NDArray[np.uint8], most: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Noise of 2 to ``most`` grey levels, and in half of the cases a blur before it."""
    if rng.random() < 0.5:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 1.6))), np.uint8)
    noise = rng.standard_normal(image.shape, dtype=np.float32) * rng.uniform(2, most)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def heat(
    thermal: NDArray[np.uint8], labels: NDArray[np.uint8], ids: Iterable[int], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Make every labelled object of some classes warmer or colder, by a factor between a half and six.

    A car that stood in the sun shines like a person in the thermal image; few training pairs show one.
    """
    out = thermal.astype(np.float32)
    for label in ids:
        count, parts = cv2.connectedComponents((labels == label).astype(np.uint8), connectivity=8)
        for part in range(1, count):
            soft = cv2.GaussianBlur((parts == part).astype(np.float32), (5, 5), 0)
            out *= 1 + soft * (float(np.exp(rng.uniform(-0.7, 1.8))) - 1)
    return np.clip(out, 0, 255).astype(np.uint8)


def augment(arrays: Arrays, config: AugmentConfig, rng: np.random.Generator) -> Arrays:
    """Crop, flip, change the light, move and switch off sensors.

    Args:
        arrays: thermal (H, W), rgb (H, W, 3) and labels (H, W), all uint8.
        config: strengths.
        rng: source of all randomness.

    Returns:
        Arrays of ``config.crop`` size.
    """
    thermal, rgb, labels = random_scale_crop(arrays, config, rng)
    if rng.random() < config.p_flip:
        thermal, rgb, labels = thermal[:, ::-1], rgb[:, ::-1], labels[:, ::-1]
    thermal, rgb, labels = (np.ascontiguousarray(a) for a in (thermal, rgb, labels))
    if config.p_heat > 0 and rng.random() < config.p_heat:
        thermal = heat(thermal, labels, config.heated, rng)
    if rng.random() < config.p_photometric:
        rgb = photometric(rgb, rng)
        thermal = thermal_response(thermal, rng, config.response)
    if rng.random() < config.p_dark:
        rgb = cv2.convertScaleAbs(rgb, alpha=float(np.exp(rng.uniform(np.log(0.05), np.log(0.6)))))
    if rng.random() < config.p_noise:
        rgb = noisy(rgb, 12, rng)
    if config.p_thermal_noise > 0 and rng.random() < config.p_thermal_noise:
        thermal = noisy(thermal, 6, rng)
    if rng.random() < config.p_shift:
        thermal = shift(thermal, *(float(v) for v in rng.uniform(-config.max_shift, config.max_shift, 2)))
    chance = rng.random()
    if chance < config.p_no_thermal:
        thermal = np.zeros_like(thermal)
    elif chance < config.p_no_thermal + config.p_no_rgb:
        rgb = np.zeros_like(rgb)
    return thermal, rgb, labels
