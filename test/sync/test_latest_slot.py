# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the slot between the threads."""

import threading
import time
import weakref

from fusion_perception.sync import LatestSlot


def test_the_newest_item_wins_and_the_others_are_counted():
    slot = LatestSlot()
    assert [slot.put(item) for item in "abc"] == [False, True, True]
    assert slot.take(0) == "c"
    assert slot.overtaken == 2
    assert slot.take(0) is None


def test_taking_waits_for_an_item():
    slot = LatestSlot()
    timer = threading.Timer(0.05, slot.put, ["late"])
    start = time.monotonic()
    timer.start()
    assert slot.take(60) == "late"
    assert time.monotonic() - start < 30, "it is woken, and does not find the item when its time is up"
    timer.join()


def test_taking_gives_up_after_its_time():
    start = time.monotonic()
    assert LatestSlot().take(0.05) is None
    assert time.monotonic() - start >= 0.05


def test_closing_wakes_the_taker_and_forgets_the_item():
    slot = LatestSlot()
    results = []
    taker = threading.Thread(target=lambda: results.append(slot.take()))
    taker.start()
    slot.close()
    taker.join(5)
    assert results == [None]
    slot.put("too late")
    assert slot.take(0) is None
    assert slot.closed


def test_a_closed_slot_keeps_no_images_in_memory():
    class Image:
        pass

    slot, image = LatestSlot(), Image()
    kept = weakref.ref(image)
    slot.put(image)
    del image
    slot.close()
    assert kept() is None


def test_clearing_is_not_overtaking():
    slot = LatestSlot()
    slot.put("old run")
    slot.clear()
    assert slot.put("new run") is False
    assert slot.overtaken == 0


def test_a_fast_producer_and_a_slow_taker_lose_nothing_uncounted():
    slot = LatestSlot()
    taken = []

    def take_all():
        while (item := slot.take(2)) != "end":
            taken.append(item)

    taker = threading.Thread(target=take_all)
    taker.start()
    for number in range(5000):
        slot.put(number)
    while slot._item is not None:
        time.sleep(0.001)
    slot.put("end")
    taker.join(10)
    assert len(taken) + slot.overtaken == 5000
    assert taken == sorted(taken)
    assert taken[-1] == 4999
