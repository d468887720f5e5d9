# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training import time_line as module  # noqa: E402
from fusion_perception.lab.training.time_line import BATCHES, CHECKS, UPDATE, TimeLine  # noqa: E402


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_moment_belongs_to_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module.time, "perf_counter", clock)
    line = TimeLine(torch.device("cpu"))
    clock.now = 100.0
    line.start()
    clock.now += 1
    with line.part(UPDATE):
        clock.now += 2
        with line.part(BATCHES):
            clock.now += 4
        clock.now += 8
        with line.part(BATCHES):
            clock.now += 16
    clock.now += 32
    assert line.close() == {UPDATE: 10.0, BATCHES: 20.0, CHECKS: 33.0}
    clock.now += 64
    assert line.close() == {UPDATE: 0.0, BATCHES: 0.0, CHECKS: 64.0}
    clock.now += 128
    line.start()
    assert line.close() == {UPDATE: 0.0, BATCHES: 0.0, CHECKS: 0.0}


def test_a_part_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(module.time, "perf_counter", clock)
    line = TimeLine(torch.device("cpu"))
    line.start()
    with pytest.raises(KeyError), line.part(UPDATE):
        clock.now += 1
        raise KeyError
    clock.now += 2
    assert line.close() == {UPDATE: 1.0, BATCHES: 0.0, CHECKS: 2.0}


class Event:
    """A CUDA event of a device that is three seconds behind the host."""

    clock = Clock()

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.at = self.clock.now + 3

    def elapsed_time(self, end: "Event") -> float:
        return 1e3 * (end.at - self.at)


def test_a_gpu_is_waited_for_when_the_times_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: waits.append(Event.clock.now))
    line = TimeLine(torch.device("cuda"))
    line.start()
    for _ in range(3):
        with line.part(UPDATE):
            Event.clock.now += 2
    assert waits == []
    assert line.close() == {UPDATE: 6.0, BATCHES: 0.0, CHECKS: 0.0}
    assert waits == [6.0]
