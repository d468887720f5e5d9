# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The ways in which a camera fails while its images still arrive: the one place that says what they look like.

A camera that sends nothing is another matter: see ``THERMAL_MISSING`` and ``RGB_MISSING`` in ``robustness.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(H, W) thermal or (H, W, 3) RGB, uint8."""

Change = Callable[[Image, np.random.Generator, Callable[[], Image]], Image]

Sensor = Literal["thermal", "rgb"]
SENSORS: tuple[Sensor, ...] = ("thermal", "rgb")

CONSTANTS = (0, 64, 128, 255)
"""Grey levels of a camera that sends one value for every pixel."""
HEAVY_BLUR = 1 / 40
"""Standard deviation of the heavy blur, as a share of the width of the image: 16 px of 640."""
WHITE_SHARE = 0.75
"""Share of the values that are white in an overexposed image."""


@dataclass(frozen=True)
class Failure:
    """One way in which a camera fails.

    Attributes:
        name: short, for tables: ``"constant 64"``.
        description: what is done, for a reader of the table.
        apply: (image, generator, earlier) -> what the camera sends instead, of the same shape; the image is left as it
            is. ``earlier()`` reads another image of the same camera and size; called for a frozen camera only.
    """

    name: str
    description: str
    apply: Change


@dataclass(frozen=True)
class FailedSensor:
    """A failure of one of the two cameras.

    Attributes:
        sensor: which one.
        failure: what happens to it.
    """

    sensor: Sensor
    failure: Failure

    @property
    def name(self) -> str:
        """Both as text: ``"thermal, constant 64"``."""
        return f"{self.sensor if self.sensor == 'thermal' else 'RGB'}, {self.failure.name}"

    def apply(
        self, thermal: Image, rgb: Image, rng: np.random.Generator, earlier: Callable[[], tuple[Image, Image]]
    ) -> tuple[Image, Image]:
        """Return the pair that arrives.

        Args:
            thermal: (H, W) uint8.
            rgb: (H, W, 3) uint8.
            rng: draws the noise.
            earlier: reads another pair of the same cameras and sizes, see :func:`earlier_pair`.
        """
        if self.sensor == "thermal":
            return self.failure.apply(thermal, rng, lambda: earlier()[0]), rgb
        return thermal, self.failure.apply(rgb, rng, lambda: earlier()[1])


def constant(image: Image, level: int) -> Image:
    """Return an image of one grey level, as of a covered or dead camera."""
    return np.full_like(image, level)


def own_mean(image: Image) -> Image:
    """Return an image of its own mean, colour by colour: brightness says nothing of the failure."""
    return np.broadcast_to(np.rint(image.mean(axis=(0, 1))).astype(np.uint8), image.shape).copy()


def uniform_noise(image: Image, rng: np.random.Generator) -> Image:
    """Return values drawn evenly from 0..255, each on its own: nothing of the image is left."""
    return rng.integers(0, 256, image.shape, np.uint8)


def heavy_blur(image: Image) -> Image:
    """Return the image as through a fogged or greasy window, see ``HEAVY_BLUR``."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(1.0, HEAVY_BLUR * image.shape[1])), np.uint8)


def overexposed(image: Image) -> Image:
    """Return the image at a gain that makes three quarters of its values white; the darkest quarter keeps its order.

    The gain follows the image, because a fixed one would improve a dark picture.
    """
    gain = 255 / max(1.0, float(np.percentile(image, 100 * (1 - WHITE_SHARE))))
    return np.asarray(cv2.convertScaleAbs(image, alpha=gain), np.uint8)


def _of_image(change: Callable[[Image], Image]) -> Change:
    return lambda image, _rng, _earlier: change(image)


FROZEN = Failure("frozen", "another pair's image, same time of day", lambda _image, _rng, earlier: earlier())

FAILURES: tuple[Failure, ...] = (
    *(
        Failure(f"constant {level}", f"{level} everywhere", _of_image(partial(constant, level=level)))
        for level in CONSTANTS
    ),
    Failure("own mean", "the image's own mean everywhere", _of_image(own_mean)),
    Failure("noise", "uniform noise, 0..255", lambda image, rng, _earlier: uniform_noise(image, rng)),
    FROZEN,
    Failure("heavy blur", f"Gaussian blur, sigma one {1 / HEAVY_BLUR:g}th of the width", _of_image(heavy_blur)),
    Failure("overexposed", f"gain at which {WHITE_SHARE:.0%} of the values are white", _of_image(overexposed)),
)
"""In the order of tables."""

FAILED_SENSORS: tuple[FailedSensor, ...] = tuple(FailedSensor(s, f) for s in SENSORS for f in FAILURES)
"""Every failure of either camera."""


def earlier_pair(times: Sequence[str | None], i: int) -> int | None:
    """Return which pair a frozen camera still shows: one of the same time of day, half of these pairs away.

    Args:
        times: time of day of every pair, in order.
        i: number of the present pair.

    Returns:
        The number of the other pair; None where there is no other one of that time.
    """
    alike = [k for k, time in enumerate(times) if time == times[i]]
    other = alike[(alike.index(i) + len(alike) // 2) % len(alike)]
    return None if other == i else other
