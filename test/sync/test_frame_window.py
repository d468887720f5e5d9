# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the waiting frames of one camera."""

import pytest

from fusion_perception.sync.frame_window import FrameWindow, Waiting
from fusion_perception.types import Frame
from test.sync.streams import PIXEL


def window_of(*stamps_ns, capacity=9):
    """A window in which a frame came 1000 ns after each stamp."""
    window = FrameWindow(capacity)
    for stamp_ns in stamps_ns:
        window.append(Waiting(stamp_ns, Frame(PIXEL, stamp_ns), stamp_ns + 1000))
    return window


def stamps_in(window):
    return [item.stamp_ns for item in window.frames]


def test_the_oldest_gives_way():
    window = window_of(10, 20, 30, capacity=3)
    assert window.append(Waiting(40, Frame(PIXEL, 40), 1040)) == 1
    assert stamps_in(window) == [20, 30, 40]


def test_the_nearest_and_of_two_the_earlier_one():
    window = window_of(10, 20, 30)
    assert window.nearest(26).stamp_ns == 30
    assert window.nearest(25).stamp_ns == 20
    assert window_of().nearest(0) is None


def test_a_period_is_known_from_three_intervals_on():
    known = []
    window = FrameWindow(9)
    for stamp_ns in (0, 10, 20, 50):
        window.append(Waiting(stamp_ns, Frame(PIXEL, stamp_ns), stamp_ns))
        known.append((window.knows_period, window.period_ns, window.exposure_period_ns))
    assert known == [(False, None, None), (False, 10, 10), (False, 10, 10), (True, 10, 10)]


def test_half_of_the_frames_lost_do_not_change_the_time_between_exposures():
    stamps = [10 * number for number in range(40) if number % 4 in (0, 1)]  # intervals of 10 and 30
    assert window_of(*stamps).exposure_period_ns == 10


@pytest.mark.parametrize(("stamp_ns", "settled"), [(29, True), (30, True), (35, True), (36, False)])
def test_settled_once_nothing_nearer_can_come(stamp_ns, settled):
    window = window_of(0, 20, 30)  # the shortest interval is 10
    assert window.is_settled(stamp_ns, 30) == settled


def test_nothing_is_settled_while_the_period_is_not_known():
    assert window_of(30).is_settled(30, 30)
    assert not window_of(30).is_settled(31, 30)


def test_dropping_by_stamp_and_by_arrival():
    window = window_of(10, 20, 30)
    assert (window.drop_through(9), window.drop_through(10), stamps_in(window)) == (0, 1, [20, 30])
    assert (window.drop_arrived_before(1020), window.drop_arrived_before(1021), stamps_in(window)) == (0, 1, [30])


def test_of_an_earlier_run_what_is_before_a_stamp_stays():
    window = window_of(10, 20, 30, 40)
    window.keep_before(30)
    assert (stamps_in(window), window.last_stamp_ns) == ([10, 20], 20)
    window.keep_before(10)
    assert (stamps_in(window), window.last_stamp_ns) == ([], None)
    assert window.period_ns == 10, "the camera is the same"


def test_forgetting_frames_and_forgetting_everything():
    window = window_of(10, 20, 30, 40)
    assert (window.forget_frames(keep=1), stamps_in(window)) == (3, [40])
    assert (window.forget_frames(), stamps_in(window), window.last_stamp_ns, window.period_ns) == (1, [], 40, 10)
    window.clear()
    assert (window.last_stamp_ns, window.period_ns, window.exposure_period_ns) == (None, None, None)
    assert not window.knows_period
