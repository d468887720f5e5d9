# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of throttled logging."""

from fusion_perception.ros.throttle import LogThrottle


def test_repetitions_are_counted_and_kinds_do_not_hide_one_another():
    now = [0.0]
    throttle = LogThrottle(5.0, clock=lambda: now[0])
    lines = []
    for now[0] in (0.0, 1.0, 2.0):
        lines.append(throttle.admit("thermal", "bad thermal image"))
    lines.append(throttle.admit("rgb", "bad RGB image"))
    now[0] = 5.0
    lines.append(throttle.admit("thermal", "bad thermal image"))
    lines.append(throttle.admit("thermal", "bad thermal image"))
    assert lines == [
        "bad thermal image",
        None,
        None,
        "bad RGB image",
        "bad thermal image (and 2 more like it)",
        None,
    ]
