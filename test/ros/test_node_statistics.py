# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of counters and latencies."""

import pytest

from fusion_perception.ros.node_statistics import NodeStatistics


def test_counters_start_at_zero_and_return_their_value():
    statistics = NodeStatistics()
    assert statistics.counter("results") == 0
    assert [statistics.count("results"), statistics.count("results", 3)] == [1, 4]


def test_percentiles_of_the_latest_values_and_the_maximum_of_all():
    statistics = NodeStatistics()
    assert statistics.percentiles("latency") is None
    statistics.record("latency", 1000.0)
    for value in range(600):
        statistics.record("latency", float(value))
    median, high, maximum = statistics.percentiles("latency")
    assert (median, high) == pytest.approx((299.5, 569.05))
    assert maximum == 1000.0
    statistics.clear_series()
    assert statistics.percentiles("latency") is None
    statistics.record("latency", 5.0)
    assert statistics.percentiles("latency") == (5.0, 5.0, 5.0)
