# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What every training strategy is to the trainer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from fusion_perception.lab.training.optimisation.updater import Updater
from fusion_perception.lab.training.search_result import SearchResult
from fusion_perception.lab.training.streams import Streams


class Strategy(ABC):
    """One way of coupling the updates of the networks.

    Attributes:
        system: the network that is averaged, validated and saved.
    """

    system: nn.Module

    @abstractmethod
    def step(self, step: int, streams: Streams) -> dict[str, Tensor]:
        """Do step number ``step`` of the training.

        All randomness comes from the seeded generators and from ``step``; which batches are drawn depends on
        ``step`` alone. So training resumes at any step.

        Returns:
            Detached scalars to report; those that a step does not compute are left out.
        """

    @abstractmethod
    def updaters(self) -> dict[str, Updater]:
        """Return every optimiser by name."""

    def networks(self) -> dict[str, nn.Module]:
        """Return every network that is trained, by name."""
        return {"system": self.system}

    def state(self) -> dict[str, Any]:
        """Return what else ``restore`` needs, as JSON values."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027 (most have no state)
        """Continue from a state."""

    def result(self) -> SearchResult | None:
        """Return what a later stage needs to know besides the weights; None where that is nothing."""
        return None
