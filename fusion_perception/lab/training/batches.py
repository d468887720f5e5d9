# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Batches drawn from training samples."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fusion_perception.errors import DataError
from fusion_perception.lab.training.augment import AugmentConfig, augment
from fusion_perception.lab.training.paste import ObjectBank
from fusion_perception.lab.training.samples import Sample


@dataclass(frozen=True)
class Batch:
    """A batch on the training device.

    Attributes:
        thermal: (B, 1, H, W) float in 0..1.
        rgb: (B, 3, H, W) float in 0..1.
        labels: (B, H, W) int64 ids, 255 ignored.
        complete: (B,) bool.
    """

    thermal: Tensor
    rgb: Tensor
    labels: Tensor
    complete: Tensor

    def to(self, device: torch.device) -> Batch:
        """Copy to a device."""
        return Batch(*(getattr(self, name).to(device, non_blocking=True) for name in self.__dataclass_fields__))


class BatchSource:
    """Draws augmented batches; batch number n depends on the seed and n alone.

    That makes training deterministic and lets it resume at any step without stored random states.
    The next batch is prepared in a thread while the current one is used.

    Args:
        real: samples of the data set.
        synthetic: rendered samples, may be empty.
        synthetic_share: probability that a batch element is synthetic.
        batch: samples per batch.
        config: augmentation.
        seed: of all draws.
        rank: index of this process; together the processes draw what one process with ``count`` times the
            batch would draw.
        count: number of processes.
    """

    def __init__(
        self,
        real: list[Sample],
        synthetic: list[Sample],
        synthetic_share: float,
        batch: int,
        config: AugmentConfig,
        seed: int,
        rank: int = 0,
        count: int = 1,
    ) -> None:
        if not real and not synthetic:
            raise DataError("no training samples; give a data set with labels or a number of synthetic scenes")
        self.real, self.synthetic = real, synthetic
        self.share = synthetic_share if synthetic else 0.0
        self.batch, self.config, self.seed = batch, config, seed
        self.first, self.total = rank * batch, count * batch
        self.bank = ObjectBank()
        for sample in real:
            self.bank.add(sample.key, sample.thermal, sample.rgb, sample.labels)
        self._pool = ThreadPoolExecutor(1)
        self._next: tuple[int, object] | None = None

    def _sample(self, step: int, position: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], bool]:
        rng = np.random.default_rng([self.seed, 0, step, position])
        if not self.real or rng.random() < self.share:
            sample = self.synthetic[int(rng.integers(len(self.synthetic)))]
        else:
            # Every real sample once per epoch: a permutation drawn from the epoch's number.
            draw = step * self.total + position
            epoch, index = divmod(draw, len(self.real))
            order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.real))
            sample = self.real[int(order[index])]
        arrays = (sample.thermal, sample.rgb, sample.labels)
        if rng.random() < self.config.p_paste:
            count = int(rng.integers(1, self.config.max_paste + 1))
            arrays = self.bank.paste(sample.key, arrays, count, rng, self.config.p_foreign, self.config.heated)
        return (*augment(arrays, self.config, rng), sample.complete)

    def _make(self, step: int) -> Batch:
        thermal, rgb, labels, complete = zip(
            *(self._sample(step, self.first + i) for i in range(self.batch)), strict=True
        )
        return Batch(
            torch.from_numpy(np.stack(thermal)[:, None]).float() / 255,
            torch.from_numpy(np.stack(rgb)).permute(0, 3, 1, 2).float() / 255,
            torch.from_numpy(np.stack(labels)).long(),
            torch.tensor(complete),
        )

    def __call__(self, step: int) -> Batch:
        """Return batch number ``step`` on the CPU and start preparing the one after it."""
        future = (
            self._next[1] if self._next is not None and self._next[0] == step else self._pool.submit(self._make, step)
        )
        batch: Batch = future.result()  # type: ignore[attr-defined]
        self._next = (step + 1, self._pool.submit(self._make, step + 1))
        return batch

    def close(self) -> None:
        """Stop the preparing thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)
