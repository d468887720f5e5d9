# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A sample of a stream whose length nobody knows, spread evenly over it, in bounded memory."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class EvenSample(Generic[T]):
    """Keeps every item, and of a longer stream every second one, every fourth, and so on.

    Args:
        most: items that are kept at a time; 2 at least.
    """

    def __init__(self, most: int) -> None:
        self.items: list[T] = []
        self._most = most
        self._every = 1
        self._seen = 0

    def add(self, item: T) -> None:
        """Offer the next item."""
        if self._seen % self._every == 0:
            if len(self.items) == self._most:
                self.items = self.items[::2]
                self._every *= 2
            if self._seen % self._every == 0:
                self.items.append(item)
        self._seen += 1
