# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np
import pytest

from fusion_perception.lab.bench.memory import PeakMemory


def test_a_peak_that_is_gone_is_still_seen():
    memory = PeakMemory()
    before = memory.bytes_above_start()
    if before is None:
        pytest.skip("the kernel does not let a process reset its peak")
    block = np.ones(64 << 20, np.uint8)
    del block
    peak = memory.bytes_above_start()
    assert 60 << 20 <= peak - before <= 100 << 20


def test_a_new_start_forgets_the_old_peak():
    block = np.ones(64 << 20, np.uint8)
    del block
    after = PeakMemory().bytes_above_start()
    if after is None:
        pytest.skip("the kernel does not let a process reset its peak")
    assert after < 32 << 20


def test_elsewhere(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert PeakMemory().bytes_above_start() is None
