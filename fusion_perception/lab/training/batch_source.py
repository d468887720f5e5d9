# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which samples a batch is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fusion_perception.errors import DataError
from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.augmentation.device_augment import DeviceAugment
from fusion_perception.lab.training.augmentation.dice import Dice, chosen
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.sample_store import SampleStore

PLAINER_SHARE = 0.5
"""Of the samples, where there is a plainer augmentation beside the other one."""


class BatchSource:
    """Draws augmented batches; batch number n depends on the seed and n alone.

    That makes training deterministic and lets it resume at any step without stored random states.

    Args:
        store: of all samples.
        real: indices of the samples of the data set.
        synthetic: indices of the rendered samples, may be empty.
        synthetic_share: probability that a batch element is synthetic.
        batch: samples per batch.
        config: augmentation.
        seed: of all draws.
        rank: index of this process; together the processes draw what one process with ``count`` times the
            batch would draw.
        count: number of processes.
        plainer: augmentation that ``PLAINER_SHARE`` of the samples get instead; None: all get ``config``.
    """

    def __init__(
        self,
        store: SampleStore,
        real: Sequence[int],
        synthetic: Sequence[int],
        synthetic_share: float,
        batch: int,
        config: AugmentConfig,
        seed: int,
        rank: int = 0,
        count: int = 1,
        plainer: AugmentConfig | None = None,
    ) -> None:
        if not real and not synthetic:
            raise DataError("no training samples; give a data set with labels or a number of synthetic scenes")
        self.real, self.synthetic = list(real), list(synthetic)
        self.share = synthetic_share if synthetic else 0.0
        self.batch, self.seed = batch, seed
        self.first, self.total = rank * batch, count * batch
        donors = self.real or self.synthetic
        self.augment = DeviceAugment(config, store, donors)
        self.plainer = None if plainer is None else DeviceAugment(plainer, store, donors)

    def _index(self, step: int, position: int, dice: Dice) -> int:
        if not self.real or dice.chance(self.share):
            return self.synthetic[dice.integer(0, len(self.synthetic))]
        # Every real sample once per epoch: a permutation drawn from the epoch's number.
        epoch, index = divmod(step * self.total + position, len(self.real))
        return self.real[int(np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.real))[index])]

    def __call__(self, step: int) -> Batch:
        """Return batch number ``step`` on the device of the store."""
        positions = [self.first + i for i in range(self.batch)]
        dice = [Dice(self.seed, 0, step, position) for position in positions]
        indices = [self._index(step, position, own) for position, own in zip(positions, dice, strict=True)]
        if self.plainer is None:
            return self.augment(indices, dice)
        plain = chosen(dice, PLAINER_SHARE)
        others = [row for row in range(self.batch) if row not in plain]
        parts = [(self.plainer, plain), (self.augment, others)]
        return Batch.joined([do([indices[i] for i in rows], [dice[i] for i in rows]) for do, rows in parts if rows])
