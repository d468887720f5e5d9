# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of throttled logging."""

from fusion_perception.ros.throttle import ThrottledLog


def test_repetitions_are_counted_and_kinds_do_not_hide_one_another():
    now, lines = [0.0], []
    log = ThrottledLog(5.0, clock=lambda: now[0])
    for now[0] in (0.0, 1.0, 2.0):
        log(lines.append, "thermal", "bad thermal image")
    log(lines.append, "rgb", "bad RGB image")
    now[0] = 5.0
    assert log(lines.append, "thermal", "bad thermal image") is True
    assert lines == ["bad thermal image", "bad RGB image", "bad thermal image (and 2 more like it)"]
    assert log(lines.append, "thermal", "bad thermal image") is False
