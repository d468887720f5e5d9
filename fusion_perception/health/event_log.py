# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What went wrong, and when: events on the time line of a run, from counters that rise and from warnings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_EVENTS = 1000
"""Events that a log keeps; of later ones it counts no more."""

_FIGURE = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class RunEvent:
    """Something that went wrong.

    Attributes:
        stamp_ns: when, by the stamps of the images.
        kind: in a word or two, for the row of a chart.
        text: what happened.
    """

    stamp_ns: int
    kind: str
    text: str


class EventLog:
    """Makes events of what it is shown; its memory is bounded.

    Args:
        kinds: counter -> what its rise is called.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = dict(kinds)
        self._counts: dict[str, int] = {}
        self._warning = ""
        self._events: list[RunEvent] = []

    @property
    def events(self) -> tuple[RunEvent, ...]:
        """The events so far, in the order in which they were noticed."""
        return tuple(self._events)

    def count(self, stamp_ns: int, counts: Mapping[str, int]) -> None:
        """Look at the counters; one that is higher than before is an event.

        Args:
            stamp_ns: the time.
            counts: counter -> its value; those that are not among the kinds say nothing.
        """
        for name, kind in self._kinds.items():
            value = counts.get(name, 0)
            risen = value - self._counts.get(name, 0)
            self._counts[name] = value
            if risen > 0:
                self._add(RunEvent(stamp_ns, kind, f"{risen}, {value} so far"))

    def warn(self, stamp_ns: int, sentence: str) -> None:
        """Look at what is complained of now; the same words with other figures are no new event.

        Args:
            stamp_ns: the time.
            sentence: the complaint, or empty when there is none.
        """
        words = _FIGURE.sub("#", sentence)
        if sentence and words != self._warning:
            self._add(RunEvent(stamp_ns, "warning", sentence))
        self._warning = words

    def _add(self, event: RunEvent) -> None:
        if len(self._events) < MOST_EVENTS:
            self._events.append(event)
