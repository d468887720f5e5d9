# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of an engine while it runs: some go on preparing something faster after they were opened."""

from __future__ import annotations

from fusion_perception.engine import EngineInfo


class EngineWatch:
    """Compares what an engine says of itself with what it said before."""

    def __init__(self) -> None:
        self._known: EngineInfo | None = None

    def start(self, info: EngineInfo) -> None:
        """An engine was opened, and what it says was told."""
        self._known = info

    def news(self, info: EngineInfo | None) -> tuple[str, tuple[str, ...]]:
        """Return how the engine runs now, empty if nothing has changed, and the notes that are new."""
        known, self._known = self._known, info
        if known is None or info is None:
            return "", ()
        better = "" if info.provider == known.provider else f"the engine runs as '{info.provider}' now"
        return better, tuple(note for note in info.notes if note not in known.notes)
