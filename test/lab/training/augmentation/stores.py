# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Small samples, stores and augmentations that the tests share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from fusion_perception.lab.training.augmentation.config import PARTS, AugmentConfig, without
from fusion_perception.lab.training.augmentation.device_augment import DeviceAugment
from fusion_perception.lab.training.augmentation.dice import Dice
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.sample_store import SampleStore
from fusion_perception.lab.training.samples import Sample

CPU = torch.device("cpu")
OFF = without(AugmentConfig((32, 48), (1.0, 1.0), 0.0), PARTS)
"""Crops, and nothing else."""


def sample(seed: int = 0, key: str = "any", height: int = 60, width: int = 80) -> Sample:
    """Noise with one object of class 2."""
    rng = np.random.default_rng(seed)
    thermal = rng.integers(20, 200, (height, width)).astype(np.uint8)
    rgb = rng.integers(20, 200, (height, width, 3)).astype(np.uint8)
    labels = np.zeros((height, width), np.uint8)
    labels[10:30, 40:60] = 2
    return Sample(thermal, rgb, labels, True, key)


def plain(level: int, label: int, key: str = "any", rim: bool = False) -> Sample:
    """A plain pair, 60 x 80, with a square object."""
    thermal = np.full((60, 80), level, np.uint8)
    labels = np.zeros((60, 80), np.uint8)
    if rim:
        labels[16:44, 26:54] = 255
    if label:
        labels[20:40, 30:50] = label
    return Sample(thermal, np.repeat(thermal[..., None], 3, -1), labels, True, key)


def draw(samples: list[Sample], indices: list[int], seed: int = 0, **changes) -> Batch:
    """Return a batch of some samples under ``OFF`` with changes."""
    augment = DeviceAugment(replace(OFF, **changes), SampleStore(samples, CPU), range(len(samples)))
    return augment(indices, rolls(len(indices), seed))


def rolls(count: int, seed: int = 0) -> list[Dice]:
    return [Dice(seed, i) for i in range(count)]


def noise(count: int = 4, channels: int = 1, height: int = 24, width: int = 40) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 0.2 + 0.5 * torch.rand(count, channels, height, width, generator=generator)
