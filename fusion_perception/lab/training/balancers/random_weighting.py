# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Random loss weighting: fresh weights at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class RandomLossWeighting:
    """lambda = scale * softmax(z), z drawn from a normal distribution at every step.

    Source: Lin et al., "Reasonable effectiveness of random weighting", TMLR 2022; BDLFusion aggregates its
    hyper-gradients so. The draw depends on seed and step alone, so a resumed run draws the same weights.

    Args:
        names: the losses.
        seed: of the draws.
        scale: sum of the weights.
    """

    def __init__(self, names: Sequence[str], seed: int = 0, scale: float = 1.0) -> None:
        self.names, self.seed, self.scale = tuple(names), seed, scale

    def weights(self, step: int) -> dict[str, float]:
        """Return the weights of a step; they are positive and sum to ``scale``."""
        z = np.random.default_rng([self.seed, step]).standard_normal(len(self.names))
        e = np.exp(z - z.max())
        return {name: float(v) for name, v in zip(self.names, self.scale * e / e.sum(), strict=True)}

    def observe(self, losses: Mapping[str, float]) -> None:
        """Ignore the losses."""

    def state(self) -> dict[str, Any]:
        """Return nothing: the draws depend on the step alone."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Do nothing."""
