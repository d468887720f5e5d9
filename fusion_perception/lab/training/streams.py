# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of the data set under the names that strategies ask for, delivered to the device."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from fusion_perception.errors import DataError
from fusion_perception.lab.training.batch_source import BatchSource
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.time_line import BATCHES, TimeLine

TRAIN = "train"
"""Stream of the training part."""
META = "meta"
"""Stream that generators are trained on: the training part in another order."""
UPPER = "upper"
"""Stream of the part that the upper level of bi-level strategies is judged on."""


class Streams:
    """Batches by stream and number; the same (stream, number) always gives the same batch.

    Args:
        sources: stream -> batches.
        device: where batches go.
        channels_last: memory format of the images; faster for convolutions.

    Attributes:
        drawn: samples delivered so far, over all streams; to this process.
        time_line: counts the time that the draws take.
    """

    def __init__(self, sources: Mapping[str, BatchSource], device: torch.device, *, channels_last: bool = True) -> None:
        self.sources, self.device, self.channels_last = dict(sources), device, channels_last
        self.drawn = 0
        self.time_line = TimeLine(device)

    def __call__(self, stream: str, number: int) -> Batch:
        """Return batch ``number`` of a stream.

        Raises:
            DataError: there is no such stream.
        """
        if stream not in self.sources:
            raise DataError(f"no training stream '{stream}'; there are: {', '.join(self.sources)}")
        with self.time_line.part(BATCHES):
            batch = self._draw(stream, number)
        self.drawn += len(batch.labels)
        return batch

    def _draw(self, stream: str, number: int) -> Batch:
        batch = self.sources[stream](number).to(self.device)
        return batch.channels_last() if self.channels_last else batch
