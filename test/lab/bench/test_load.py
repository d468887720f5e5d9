# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from fusion_perception.lab.bench import load as module
from fusion_perception.lab.bench.load import Load, Others, OthersWatch, describe_load


@pytest.fixture
def machine(monkeypatch):
    """Two processors of which this process may use the second; clocks that stand still until they are set."""
    clocks = {"perf_counter": 100.0, "process_time": 5.0}
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    monkeypatch.setattr(os, "getloadavg", lambda: (1.234, 0.5, 0.25))
    monkeypatch.setattr(os, "sysconf", lambda _: 100)
    for name in ("perf_counter", "process_time"):
        monkeypatch.setattr(module, name, lambda name=name: clocks[name])
    return clocks


def stat(root, user, idle, stolen, guest=0):
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/stat").write_text(f"cpu  {user} 0 0 {idle} 50 0 0 {stolen} {guest} 0\ncpu0 1 2 3\n")


def test_load(machine, tmp_path):
    for cpu, governor in ((0, "powersave"), (1, "performance")):
        folder = tmp_path / f"sys/devices/system/cpu/cpu{cpu}/cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(f"{governor}\n")
    assert describe_load(tmp_path) == Load((1.23, 0.5, 0.25), (1,), None, ("performance",))


def test_a_system_that_tells_nothing(machine, tmp_path):
    assert describe_load(tmp_path) == Load((1.23, 0.5, 0.25), (1,), None, ())
    assert OthersWatch(tmp_path).others() is None


@pytest.mark.parametrize(
    ("user", "stolen", "own", "expected"),
    [
        (1000, 0, 5.0, Others(cpu=0.25, stolen=0.0)),  # 10 s of 2 x 10, of which 5 are ours
        (1000, 200, 10.0, Others(cpu=0.0, stolen=0.1)),
        (500, 0, 6.0, Others(cpu=0.0, stolen=0.0)),  # ticks are coarser than our own clock
    ],
)
def test_what_others_took(machine, tmp_path, user, stolen, own, expected):
    stat(tmp_path, 7000, 100, 10, guest=3000)
    watch = OthersWatch(tmp_path)
    machine["perf_counter"] += 10.0
    machine["process_time"] += own
    stat(tmp_path, 7000 + user, 900, 10 + stolen, guest=4000)
    assert watch.others() == expected


def test_no_time_has_passed(machine, tmp_path):
    stat(tmp_path, 1, 1, 1)
    assert OthersWatch(tmp_path).others() is None


def test_damaged_counters(machine, tmp_path):
    stat(tmp_path, "x", 1, 1)
    assert OthersWatch(tmp_path).others() is None


def test_the_real_machine():
    watch = OthersWatch()
    sum(range(200_000))
    others = watch.others()
    assert others is None or 0 <= others.cpu <= 1
