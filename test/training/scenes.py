# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Small samples, systems and streams that the training tests share."""

from __future__ import annotations

import numpy as np
import torch

from fusion_perception.nets.system import System, SystemSpec
from fusion_perception.training.augment import AugmentConfig
from fusion_perception.training.samples import BatchSource, Sample
from fusion_perception.training.streams import TRAIN, UPPER, Streams

TINY = SystemSpec(
    "realtime",
    "realtime",
    fuser_options={"channels": 4, "depth": 1},
    segmenter_options={"widths": (8, 8, 8, 8, 8), "blocks": (1, 1, 1, 1), "decoder": 8},
)
PLAIN = AugmentConfig(crop=(32, 64), scale=(1.0, 1.0), p_paste=0.0, p_photometric=0.0, p_dark=0.0, p_noise=0.0)


def samples(count: int = 8, seed: int = 0, height: int = 48, width: int = 80) -> list[Sample]:
    """Noise with warm squares (persons, seen by thermal alone) and blue ones (cars, seen by RGB alone)."""
    rng = np.random.default_rng(seed)
    result = []
    for i in range(count):
        thermal = rng.integers(40, 80, (height, width)).astype(np.uint8)
        rgb = rng.integers(60, 120, (height, width, 3)).astype(np.uint8)
        labels = np.zeros((height, width), np.uint8)
        for label in (1, 2):
            y, x = int(rng.integers(0, height - 16)), int(rng.integers(0, width - 16))
            box = (slice(y, y + 16), slice(x, x + 16))
            labels[box] = label
            if label == 2:
                thermal[box] = 220
            else:
                rgb[box] = (20, 40, 240)
        result.append(Sample(thermal, rgb, labels, i % 2 == 0, "night" if i % 4 < 2 else "day", f"{i:03d}"))
    return result


def tiny_system(seed: int = 0) -> System:
    torch.manual_seed(seed)
    return System(TINY)


def streams(batch: int = 2, seed: int = 0, rank: int = 0, count: int = 1, config: AugmentConfig = PLAIN) -> Streams:
    return Streams(
        {
            TRAIN: BatchSource(samples(8, 1), [], 0.0, batch, config, seed, rank, count),
            UPPER: BatchSource(samples(6, 2), [], 0.0, batch, config, seed + 1, rank, count),
        },
        torch.device("cpu"),
        channels_last=False,
    )
