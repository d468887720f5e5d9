# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What every balancer does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Balancer(Protocol):
    """Gives each loss a weight for the coming step and learns from the losses it sees."""

    def weights(self, step: int) -> dict[str, float]:
        """Return the weight of each loss for this step."""
        ...

    def observe(self, losses: Mapping[str, float]) -> None:
        """Take note of the unweighted losses of a step."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` needs, as JSON values."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state."""
        ...
