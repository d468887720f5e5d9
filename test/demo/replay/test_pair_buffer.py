# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the buffer between decoding and playing."""

import threading

import numpy as np

from fusion_perception.demo.replay.pair_buffer import PairBuffer, pair_bytes
from fusion_perception.types import Frame, FramePair


def pair(number, side=10):
    thermal, rgb = np.zeros((side, side), np.uint16), np.zeros((side, side, 3), np.uint8)
    return FramePair(Frame(thermal, number), Frame(rgb, number))


def test_a_pair_is_as_large_as_its_pixels():
    assert pair_bytes(pair(0)) == 10 * 10 * (2 + 3)
    assert pair_bytes(FramePair(Frame(np.zeros((4, 5), np.float32), 0), None)) == 80


def test_first_in_first_out():
    buffer = PairBuffer(3, 10**6)
    for number in range(3):
        assert buffer.put(pair(number), 0)
    buffer.end()
    assert [buffer.take(0).rgb.stamp_ns for _ in range(3)] == [0, 1, 2]
    assert buffer.exhausted
    assert buffer.take(0) is None


def test_it_is_bounded_by_number():
    buffer = PairBuffer(2, 10**6)
    assert [buffer.put(pair(number), 0) for number in range(3)] == [True, True, False]
    assert buffer.full
    buffer.take(0)
    assert not buffer.full


def test_it_is_bounded_by_bytes():
    buffer = PairBuffer(100, 1200)
    assert [buffer.put(pair(number), 0) for number in range(3)] == [True, True, False]
    assert buffer.full
    assert buffer.bytes == 1000
    assert buffer.take(0) is not None
    assert (buffer.full, buffer.bytes) == (False, 500)
    assert buffer.put(pair(3), 0)


def test_one_pair_always_has_room():
    buffer = PairBuffer(100, 10)
    assert buffer.put(pair(0), 0)
    assert not buffer.put(pair(1), 0)
    assert buffer.take(0) is not None
    assert buffer.put(pair(1), 0)


def test_those_who_wait_are_woken():
    buffer, taken = PairBuffer(1, 10**6), []

    def take_all():
        while not buffer.exhausted:
            item = buffer.take(30)
            if item is not None:
                taken.append(item.rgb.stamp_ns)

    thread = threading.Thread(target=take_all)
    thread.start()
    for number in range(50):
        assert buffer.put(pair(number), 30)
    buffer.end()
    thread.join(30)
    assert taken == list(range(50))
