# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the events of a run: counters that rise, complaints that change, and bounded memory."""

from fusion_perception.health import EventLog, RunEvent
from fusion_perception.health.event_log import MOST_EVENTS


def test_a_counter_that_rises_is_an_event():
    log = EventLog({"dropped": "overtaken"})
    for stamp, value in ((1, 0), (2, 2), (3, 2), (4, 3), (5, 0)):
        log.count(stamp, {"dropped": value, "other": stamp})
    assert log.events == (RunEvent(2, "overtaken", "2, 2 so far"), RunEvent(4, "overtaken", "1, 3 so far"))


def test_a_complaint_is_told_once_until_its_words_change():
    log = EventLog({})
    for stamp, text in enumerate(["", "dark for 3.5 s", "dark for 4.0 s", "", "dark for 1 s", "late"]):
        log.warn(stamp, text)
    assert [(event.stamp_ns, event.text) for event in log.events] == [
        (1, "dark for 3.5 s"),
        (4, "dark for 1 s"),
        (5, "late"),
    ]


def test_its_memory_is_bounded():
    log = EventLog({"n": "n"})
    for k in range(2 * MOST_EVENTS):
        log.count(k, {"n": k})
    assert len(log.events) == MOST_EVENTS
