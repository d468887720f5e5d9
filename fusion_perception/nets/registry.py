# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Names of the networks, as checkpoints and recipes use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from fusion_perception.nets.fusers.realtime import RealtimeFuser
from fusion_perception.nets.segmenters.realtime import RealtimeSegmenter


class Registry:
    """A name -> constructor table whose errors list what exists.

    Args:
        kind: what the table holds, for messages.
        entries: the table.
    """

    def __init__(self, kind: str, entries: dict[str, Callable[..., nn.Module]]) -> None:
        self.kind = kind
        self.entries = entries

    def build(self, name: str, **options: Any) -> nn.Module:
        """Construct an entry; raises KeyError naming the entries that exist."""
        if name not in self.entries:
            raise KeyError(f"unknown {self.kind} '{name}'; known: {', '.join(sorted(self.entries))}")
        return self.entries[name](**options)


FUSERS = Registry("fuser", {"realtime": RealtimeFuser})
SEGMENTERS = Registry("segmenter", {"realtime": RealtimeSegmenter})
