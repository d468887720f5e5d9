# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with one picture, from a few thousand of its pixels, and the words for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

_REASONS = {
    "frozen": "the picture stands still",
    "black": "the picture is black",
    "saturated": "the picture is white all over",
    "covered": "the picture shows no structure",
}
_ADVICE = {
    "frozen": "restart its driver; where nothing moves and nothing makes noise, as in a simulator or behind a video "
    "codec, take 'frozen' out of health.missing_when",
    "black": "check its lens cap, its exposure and its light",
    "saturated": "check its exposure and its gain, and whether it looks into the sun",
    "covered": "check whether something is in front of it, its lens and its focus",
}

FAULTS = tuple(_REASONS)
"""What can be wrong with the pictures of a camera."""

_GRID = (12, 16)  # blocks down and across: their means keep what a scene has and lose what noise has
_BLOCK = 8  # pixels looked at along each side of a block
_BLACK_LEVEL, _BLACK_RANGE = 24, 3  # of 255: greatest mean, and difference of the block means
_WHITE_LEVEL, _WHITE_SHARE = 245, 0.9
_SMOOTH_STEP = 6  # of 255: greatest difference of neighbouring blocks of a picture without structure
_NOISE = 1.5  # block means of noise alone differ by less than this many of its standard deviations
_FULL_SCALES = (1023, 4095, 16383, 65535)  # of 10, 12, 14 and 16 bits


def faults_of(image: NDArray[np.generic]) -> tuple[str, ...]:
    """Say what is wrong with a picture.

    The rules, for 8 bit: *black* has a mean of at most 24 and nothing that stands out of it, so that a night with one
    lamp is not black. *saturated* is 245 or more in all channels on nine tenths of the picture. *covered* has nowhere
    a step of more than 6 levels between neighbouring blocks. Noise is measured and allowed for. For raw thermal
    images black is 0 everywhere, saturated nine tenths at full scale, and covered has no step above the noise.

    Args:
        image: (H, W) uint8, uint16 or float32 of a thermal camera, or (H, W, 3) uint8 RGB.

    Returns:
        ``black``, ``saturated`` or ``covered``; empty when nothing is wrong.
    """
    raw = image.dtype != np.uint8
    brightest, darkest, noise = _sample(image)
    blocks = _block_means(brightest)
    spread = float(blocks.max() - blocks.min())
    if raw:
        black = not brightest.any()
        top = float(brightest.max())
        saturated = top in _FULL_SCALES and float(np.mean(brightest == top)) >= _WHITE_SHARE
    else:
        black = float(blocks.mean()) <= _BLACK_LEVEL and spread <= max(_BLACK_RANGE, _NOISE * noise)
        saturated = float(np.mean(darkest >= _WHITE_LEVEL)) >= _WHITE_SHARE
    if black:
        return ("black",)
    if saturated:
        return ("saturated",)
    return ("covered",) if _steepest(blocks) <= max(0 if raw else _SMOOTH_STEP, noise) else ()


def reason(faults: Sequence[str]) -> str:
    """Return what is wrong in words, as in "the picture stands still"."""
    return " and ".join(_REASONS[fault] for fault in faults)


def advice(sensor: str, faults: Sequence[str]) -> str:
    """Return one sentence for the user: what is wrong with a camera, and what to look at."""
    return f"{sensor} camera: {reason(faults)}; " + "; ".join(_ADVICE[fault] for fault in faults)


def _sample(image: NDArray[np.generic]) -> tuple[NDArray[Any], NDArray[Any], float]:
    """Return every few pixels: their brightest channel, their darkest, and the standard deviation of the noise."""
    steps = [max(1, side // (blocks * _BLOCK)) for side, blocks in zip(image.shape[:2], _GRID, strict=True)]
    here, beside = image[:: steps[0], :: steps[1]], image[:: steps[0], 1 :: steps[1]]
    if image.dtype == np.float32:
        here, beside = (np.nan_to_num(part, posinf=0.0, neginf=0.0) for part in (here, beside))
    brightest = darkest = here
    if image.ndim == 3:
        channels = [here[..., channel] for channel in range(here.shape[2])]
        brightest, darkest = reduce(np.maximum, channels), reduce(np.minimum, channels)
        here, beside = channels[1], beside[..., 1]
    # In float64: the difference of two float32 values may be more than float32 holds.
    difference = np.abs(here[:, : beside.shape[1]].astype(np.float64) - beside.astype(np.float64))
    noise = 1.4826 * float(np.median(difference)) / 2**0.5 if difference.size else 0.0
    return brightest, darkest, noise


def _block_means(sample: NDArray[Any]) -> NDArray[np.float64]:
    down, across = (min(blocks, side) for blocks, side in zip(_GRID, sample.shape, strict=True))
    high, wide = sample.shape[0] // down, sample.shape[1] // across
    cut = sample[: down * high, : across * wide]
    means: NDArray[np.float64] = cut.reshape(down, high, across, wide).mean((1, 3), dtype=np.float64)
    return means


def _steepest(blocks: NDArray[np.float64]) -> float:
    return max(float(np.abs(np.diff(blocks, axis=axis)).max(initial=0.0)) for axis in (0, 1))
