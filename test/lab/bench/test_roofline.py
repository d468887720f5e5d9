# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.lab.bench.ceilings import Ceilings
from fusion_perception.lab.bench.operations import Node, Operations
from fusion_perception.lab.bench.roofline import estimate

CEILINGS = Ceilings("cpu", 1, {"fp32": 100.0, "int8": 400.0}, 10.0)
HEAVY = Node("Conv", flops=200_000_000, traffic=1_000_000)  # 2 ms of work, 0.1 ms of traffic
LIGHT = Node("Concat", flops=1_000_000, traffic=30_000_000)  # 0.01 ms of work, 3 ms of traffic


def test_every_operation_at_its_own_limit():
    result = estimate(Operations((HEAVY, LIGHT)), CEILINGS, "fp32")
    assert result.compute_ms == pytest.approx(2.01)
    assert result.memory_ms == pytest.approx(3.1)
    assert result.total_ms == pytest.approx(5.0)
    assert result.memory_bound_share == pytest.approx(0.6)


def test_integers_take_their_own_rate():
    integer = Node("Conv", HEAVY.flops, HEAVY.traffic, integer=True)
    assert estimate(Operations((integer, LIGHT)), CEILINGS, "int8").compute_ms == pytest.approx(0.51)


def test_unmeasured_rates():
    slow = Ceilings("cpu", 1, {"fp32": 100.0}, 10.0)
    assert estimate(Operations((Node("Conv", 1, 1, integer=True),)), slow, "int8") is None
    assert estimate(Operations((HEAVY,)), Ceilings("gpu", 0, {}, 10.0), "fp16") is None
    assert estimate(Operations((HEAVY,)), slow, "fp16").compute_ms == pytest.approx(2.0)


def test_an_empty_graph():
    assert estimate(Operations(), CEILINGS, "fp32").memory_bound_share == 0.0
