# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The replay for a program that has started it and follows it."""

from __future__ import annotations

from fusion_perception.demo.replay.replay_progress import ReplayProgress
from fusion_perception.demo.replay.replay_publisher import ReplayPublisher


class ReportingReplay(ReplayPublisher):
    """Prints its progress whenever it has changed, a line of JSON each; the log goes to standard error as ever."""

    _told: ReplayProgress | None = None

    def tell(self, progress: ReplayProgress) -> None:
        """Print the progress."""
        if progress != self._told:
            self._told = progress
            print(progress.to_line(), flush=True)
