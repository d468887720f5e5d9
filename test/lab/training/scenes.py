# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Small samples, systems and streams that the training tests share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from fusion_perception.lab.nets.colour import luma
from fusion_perception.lab.nets.system import System, SystemSpec
from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.batch_source import BatchSource
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.sample_store import SampleStore
from fusion_perception.lab.training.samples import Sample
from fusion_perception.lab.training.streams import META, TRAIN, UPPER, Streams
from fusion_perception.labels import MSRS9

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


def source_of(
    real: list[Sample], batch: int, config: AugmentConfig, seed: int = 0, rank: int = 0, count: int = 1
) -> BatchSource:
    """Batches of some samples, on the CPU."""
    store = SampleStore(real, torch.device("cpu"))
    return BatchSource(store, range(len(real)), [], 0.0, batch, config, seed, rank, count)


def streams(batch: int = 2, seed: int = 0, rank: int = 0, count: int = 1, config: AugmentConfig = PLAIN) -> Streams:
    return Streams(
        {
            TRAIN: source_of(samples(8, 1), batch, config, seed, rank, count),
            META: source_of(samples(8, 1), batch, config, seed + 2, rank, count),
            UPPER: source_of(samples(6, 2), batch, config, seed + 1, rank, count),
        },
        torch.device("cpu"),
        channels_last=False,
    )


class ToyFuser(nn.Module):
    """Two smooth convolutions without normalisation: exact in float64, twice differentiable."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, width, 3, padding=1)
        self.last = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, thermal: torch.Tensor, luma: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.last(torch.tanh(self.first(torch.cat([thermal, luma], 1)))))


class ToySegmenter(nn.Module):
    """Logits of nine classes from a luminance image."""

    in_channels = 1

    def __init__(self, width: int = 6) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.last = nn.Conv2d(width, 9, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.last(torch.tanh(self.first(image)))


class ToySystem(nn.Module):
    """A cascade of the two, with the part of ``System`` that strategies use."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.fuser, self.segmenter, self.labels = ToyFuser(), ToySegmenter(), MSRS9

    def fuse(self, thermal: torch.Tensor, rgb: torch.Tensor, **context: object) -> torch.Tensor:
        return self.fuser(thermal, luma(rgb), **context)

    def segment_fused(self, fused: torch.Tensor, rgb: torch.Tensor) -> torch.Tensor:
        return self.segmenter(fused.clamp(0, 1))

    def forward(self, thermal: torch.Tensor, rgb: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        fused = self.fuse(thermal, rgb)
        return fused, self.segment_fused(fused, rgb)


class ToyGenerator(nn.Module):
    """Two weight maps that sum to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, thermal: torch.Tensor, luma: torch.Tensor) -> torch.Tensor:
        return self.last(torch.tanh(self.first(torch.cat([thermal, luma], 1)))).softmax(1)


class TwoOperations(nn.Module):
    """One edge: a 3x3 convolution, or the mean of the sources with an offset."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(2, 1, 3, padding=1)
        self.offset = nn.Parameter(torch.zeros(1))
        self.alpha = nn.Parameter(torch.zeros(1, 2))

    def weight_parameters(self) -> list[nn.Parameter]:
        return [*self.conv.parameters(), self.offset]

    def architecture_parameters(self) -> list[nn.Parameter]:
        return [self.alpha]

    def latency(self, table: torch.Tensor) -> torch.Tensor:
        return (self.alpha.softmax(1) * table).sum()

    def genotype(self) -> list:
        return [["conv", "blend"][int(self.alpha.argmax())]]

    def forward(self, thermal: torch.Tensor, luma: torch.Tensor) -> torch.Tensor:
        a, b = self.alpha.softmax(1)[0]
        x = torch.cat([thermal, luma], 1)
        return a * self.conv(x) + b * (x.mean(1, keepdim=True) + self.offset)


def toy_batch(seed: int = 0, size: int = 12, count: int = 2, dtype: torch.dtype = torch.float64) -> Batch:
    """Smooth random images whose labels say where thermal is bright."""
    generator = torch.Generator().manual_seed(seed)
    thermal = torch.rand(count, 1, size, size, generator=generator, dtype=dtype)
    rgb = torch.rand(count, 3, size, size, generator=generator, dtype=dtype)
    return Batch(thermal, rgb, 2 * (thermal[:, 0] > 0.6).long(), torch.ones(count, dtype=torch.bool))


def slopes(function: Callable[[], float], parameter: torch.Tensor, indices: Sequence[int], h: float = 1e-5) -> list:
    """Central differences of a function with respect to some elements of a parameter."""
    flat, result = parameter.data.view(-1), []
    for i in indices:
        before = flat[i].item()
        values = []
        for sign in (1, -1):
            flat[i] = before + sign * h
            values.append(function())
        flat[i] = before
        result.append((values[0] - values[1]) / (2 * h))
    return result


def write_dataset(root: Path, count: int = 12, held_out: int = 2) -> Path:
    """Write samples as a data set in the layout of MSRS, with a training and a test list; returns its folder."""
    for folder in ("vi", "ir", "Segmentation_labels"):
        (root / folder).mkdir(parents=True)
    names = []
    for i, sample in enumerate(samples(count, 7, 64, 96)):
        name = f"{i:05d}{'N' if i % 2 else 'D'}"
        cv2.imwrite(str(root / "vi" / f"{name}.png"), sample.rgb[..., ::-1])
        cv2.imwrite(str(root / "ir" / f"{name}.png"), sample.thermal)
        cv2.imwrite(str(root / "Segmentation_labels" / f"{name}.png"), sample.labels)
        names.append(name)
    (root / "train.txt").write_text("\n".join(names[:-held_out]) + "\n")
    (root / "val.txt").write_text("\n".join(names[-held_out:]) + "\n")
    return root


def write_pairs(root: Path, sizes: dict[str, tuple[int, int]]) -> Path:
    """Write pairs without labels: name -> (height, width); returns their folder."""
    for folder in ("vi", "ir"):
        (root / folder).mkdir(parents=True)
    for i, (name, (height, width)) in enumerate(sizes.items()):
        (sample,) = samples(1, i, max(height, 17), max(width, 17))
        cv2.imwrite(str(root / "vi" / f"{name}.png"), sample.rgb[:height, :width, ::-1])
        cv2.imwrite(str(root / "ir" / f"{name}.png"), sample.thermal[:height, :width])
    return root
