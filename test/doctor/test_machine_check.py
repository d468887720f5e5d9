# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from fusion_perception.doctor import machine_check
from fusion_perception.doctor.machine_check import check_folders, check_kernel, check_processors
from fusion_perception.engine.processor_share import ProcessorShare


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (ProcessorShare(8, 8, 8, None), "8 of 8 may be used"),
        (ProcessorShare(8, 8, 8, 1.5), "2 of 8 may be used, by a quota of 1.5"),
    ],
)
def test_processors(machine, monkeypatch, share, text):
    monkeypatch.setattr(machine_check, "processor_share", lambda root: share)
    (finding,) = check_processors(machine.surroundings)
    assert (finding.level, finding.text) == ("ok", text)
    machine.file("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n")
    (finding,) = check_processors(machine.surroundings)
    assert finding.level == "remark"
    assert finding.remedy == "sudo cpupower frequency-set --governor performance"
    machine.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "intel_pstate\n")  # there it is no slow one
    assert check_processors(machine.surroundings)[0].level == "ok"


def test_kernel_limits(machine):
    assert check_kernel(machine.surroundings)[0].text == "not told by this system"
    machine.file("proc/sys/net/core/rmem_max", "212992\n")
    machine.file("proc/sys/net/ipv4/ipfrag_high_thresh", "4194304\n")
    (finding,) = check_kernel(machine.surroundings)
    assert finding.level == "remark"
    assert finding.text.startswith("net.core.rmem_max 212992, net.ipv4.ipfrag_high_thresh 4194304: ")
    assert finding.remedy == "sudo sysctl -w net.core.rmem_max=8388608 net.ipv4.ipfrag_high_thresh=33554432"
    machine.file("proc/sys/net/core/rmem_max", "8388608\n")
    assert check_kernel(machine.surroundings)[0].remedy == "sudo sysctl -w net.ipv4.ipfrag_high_thresh=33554432"
    machine.file("proc/sys/net/ipv4/ipfrag_high_thresh", "33554432\n")
    assert check_kernel(machine.surroundings)[0].level == "ok"


def names(findings):
    return {finding.name: finding.level for finding in findings}


def test_folders(machine, monkeypatch):
    (machine.root / "dev/shm").mkdir(parents=True)
    assert set(names(check_folders(machine.surroundings))) == {"shared memory"}
    # Whoever runs the tests may be allowed everything, so the question is answered here.
    monkeypatch.setattr(os, "access", lambda path, mode: "home" not in str(path))
    machine.environment["HOME"] = str(machine.root / "home")
    (machine.root / "home").mkdir()
    log, _ = check_folders(machine.surroundings)
    assert (log.level, log.remedy) == ("wrong", "export ROS_LOG_DIR=/tmp/ros-log")
    assert f"{machine.root}/home/.ros/log" in log.text
    del machine.environment["HOME"]
    log, _ = check_folders(machine.surroundings)
    assert (log.level, log.remedy) == ("wrong", "export ROS_LOG_DIR=/tmp/ros-log")
    assert "HOME is not set" in log.text
    machine.environment["ROS_LOG_DIR"] = str(machine.root / "elsewhere")
    assert set(names(check_folders(machine.surroundings))) == {"shared memory"}


def test_shared_memory(machine, monkeypatch):
    (finding,) = check_folders(machine.surroundings)
    assert (finding.name, finding.level) == ("shared memory", "remark")
    assert "--ipc=host" in finding.remedy
    (machine.root / "dev/shm").mkdir(parents=True)
    for free, level in ((64, "remark"), (4096, "ok")):
        status = type("Status", (), {"f_bavail": free << 8, "f_frsize": 4096})
        monkeypatch.setattr(os, "statvfs", lambda path, status=status: status)
        (finding,) = check_folders(machine.surroundings)
        assert (finding.level, finding.text.split(" ")[0]) == (level, str(free))
