# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the engines share, on one that only writes down what it is told."""

import pytest

from fusion_perception.engine import staged_engine
from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.staged_engine import StagedEngine

from .tiny_model import random_pair, tiny_metadata, tiny_reference


class Diary(StagedEngine[str]):
    _has_attribution = True

    def __init__(self):
        self._info = EngineInfo("diary", "cpu", "none", "fp32", "x", tiny_metadata(True))
        self.entries = []

    def _ready(self, attribution):
        self.entries.append(f"ready, attribution {attribution}")
        return "session"

    def _run(self, ready, thermal, rgb, attribution, done):
        for stage in ("in", "run", "out"):
            self.entries.append(f"{stage} with {ready}")
            done()
        return tiny_reference(thermal, rgb)

    def _synchronize(self):
        self.entries.append("wait")


def test_a_plain_run_looks_at_no_clock(monkeypatch):
    monkeypatch.setattr(staged_engine, "perf_counter", lambda: pytest.fail("timed"))
    engine = Diary()
    engine.infer(*random_pair())
    assert engine.entries == ["ready, attribution False", "in with session", "run with session", "out with session"]


def test_stages_are_told_in_milliseconds(monkeypatch):
    clock = iter([10.0, 10.001, 10.005, 10.0055])
    monkeypatch.setattr(staged_engine, "perf_counter", lambda: next(clock))
    engine = Diary()
    _, stages = engine.infer_staged(*random_pair(), attribution=True)
    assert stages == pytest.approx({"copy_in": 1.0, "run": 4.0, "copy_out": 0.5})
    assert engine.entries[0] == "ready, attribution True"
    assert "wait" not in engine.entries


def test_the_device_is_waited_for_after_every_stage():
    engine = Diary()
    engine.infer_staged(*random_pair(), wait=True)
    assert engine.entries[1:] == ["in with session", "wait", "run with session", "wait", "out with session", "wait"]


def test_attribution_is_left_out_where_there_is_none():
    engine = Diary()
    engine._has_attribution = False
    engine.infer(*random_pair(), attribution=True)
    assert engine.entries[0] == "ready, attribution False"
