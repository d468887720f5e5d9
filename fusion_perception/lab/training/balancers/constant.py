# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The balancer that does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ConstantBalancer:
    """Weights that never change.

    Args:
        weights: weight of each loss.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = dict(weights)

    def weights(self, step: int) -> dict[str, float]:
        """Return the constant weights."""
        return dict(self._weights)

    def observe(self, losses: Mapping[str, float]) -> None:
        """Ignore the losses."""

    def state(self) -> dict[str, Any]:
        """Return nothing: there is no state."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Do nothing."""
