# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The place between the callback thread and the worker thread: it holds the newest item only."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """A thread-safe slot for one item; a newer item overtakes one that nobody has taken.

    Nothing queues behind a slow consumer, so that the age of a result stays below two consumer
    periods whatever the rate of the producer.
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._item: T | None = None
        self._overtaken = 0
        self._closed = False

    @property
    def overtaken(self) -> int:
        """Number of items that were replaced before anybody took them."""
        return self._overtaken

    def put(self, item: T) -> bool:
        """Store an item.

        Args:
            item: anything but None.

        Returns:
            True if an older item was overtaken by this one.
        """
        with self._ready:
            overtook = self._item is not None
            self._overtaken += overtook
            self._item = item
            self._ready.notify()
            return overtook

    def take(self, timeout_s: float | None = None) -> T | None:
        """Remove and return the item, waiting for one if there is none.

        Args:
            timeout_s: longest wait in seconds; None waits until an item comes or the slot is closed.

        Returns:
            The newest item, or None when the time is up or the slot is closed.
        """
        with self._ready:
            self._ready.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            if self._closed:
                return None
            item, self._item = self._item, None
            return item

    def clear(self) -> None:
        """Throw the item away, for example because time has jumped back."""
        with self._ready:
            self._item = None

    def close(self) -> None:
        """Let every waiting and every later ``take`` return None."""
        with self._ready:
            self._closed = True
            self._item = None
            self._ready.notify_all()

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed
