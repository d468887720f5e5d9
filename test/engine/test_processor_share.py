# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fusion_perception.engine import processor_share as module
from fusion_perception.engine.processor_share import ProcessorShare, cpu_quota, processor_share

V2 = "31 23 0:28 {root} /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = "32 31 0:29 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
OTHER = (
    "33 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n40 1 8:1 / / rw - ext4 /dev/vda rw\nodd line\n"
)


@pytest.fixture
def system(tmp_path):
    """Write files of a made-up system, by path; returns its root."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def version_2(system, group, files, root="/"):
    return system(
        {"proc/self/cgroup": f"0::{group}\n", "proc/self/mountinfo": OTHER + V2.format(root=root)}
        | {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    )


def version_1(system, group, files, root="/"):
    groups = f"12:cpuset:/elsewhere\n4:cpu,cpuacct:{group}\n0::/x\n"
    return system(
        {"proc/self/cgroup": groups, "proc/self/mountinfo": OTHER + V1.format(root=root)}
        | {f"sys/fs/cgroup/cpu,cpuacct/{name}": text for name, text in files.items()}
    )


@pytest.mark.parametrize(
    ("group", "files", "quota"),
    [
        ("/", {"cpu.max": "150000 100000\n"}, 1.5),  # a container sees its own group as the root
        ("/", {"cpu.max": "max 100000\n"}, None),
        ("/", {}, None),
        ("/a.slice/b", {"a.slice/b/cpu.max": "400000 100000\n"}, 4.0),
        ("/a.slice/b", {"a.slice/b/cpu.max": "400000 100000\n", "a.slice/cpu.max": "50000 100000\n"}, 0.5),
        ("/a.slice/b", {"a.slice/b/cpu.max": "max 100000\n", "a.slice/cpu.max": "200000 100000\n"}, 2.0),
        ("/a.slice/b", {"other/cpu.max": "10000 100000\n"}, None),
        ("/../up", {"cpu.max": "100000 100000\n"}, 1.0),
        ("/", {"cpu.max": "nonsense"}, None),
        ("/", {"cpu.max": "0 0"}, None),
    ],
)
def test_quota_of_version_2(system, group, files, quota):
    assert cpu_quota(version_2(system, group, files)) == quota


def test_a_mount_that_shows_a_part_of_the_tree(system):
    files = {"cpu.max": "300000 100000\n"}
    assert cpu_quota(version_2(system, "/docker/12", files, root="/docker/12")) == 3.0
    assert cpu_quota(version_2(system, "/other", files, root="/docker/12")) == 3.0


@pytest.mark.parametrize(
    ("group", "root", "files", "quota"),
    [
        ("/", "/", {"cpu.cfs_quota_us": "250000\n", "cpu.cfs_period_us": "100000\n"}, 2.5),
        ("/", "/", {"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, None),
        ("/", "/", {"cpu.cfs_quota_us": "250000\n"}, None),
        ("/docker/1", "/docker/1", {"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}, 0.5),
        ("/docker/1", "/", {"docker/1/cpu.cfs_quota_us": "70000", "docker/1/cpu.cfs_period_us": "10000"}, 7.0),
    ],
)
def test_quota_of_version_1(system, group, root, files, quota):
    assert cpu_quota(version_1(system, group, files, root)) == quota


def test_a_system_that_tells_nothing(tmp_path):
    assert cpu_quota(tmp_path) is None


@pytest.mark.parametrize(
    ("share", "limited", "threads"),
    [
        (ProcessorShare(8, 8, 4, None), False, 4),
        (ProcessorShare(8, 8, 8, 8.0), False, 8),
        (ProcessorShare(8, 8, 8, 1.5), True, 2),
        (ProcessorShare(8, 8, 8, 0.2), True, 1),
        (ProcessorShare(8, 2, 2, None), True, 2),
        (ProcessorShare(8, 4, 2, 3.0), True, 2),
    ],
)
def test_threads(share, limited, threads):
    assert (share.limited, share.threads) == (limited, threads)


def test_affinity_and_cores(system, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 4, 6})
    topology = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    root = system({topology.format(cpu): text for cpu, text in {0: "0,4\n", 4: "0,4\n", 1: "1,5\n"}.items()})
    assert processor_share(root) == ProcessorShare(8, 4, 3, None)  # 6 tells nothing, and is a core of its own


def test_a_system_without_affinity(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert processor_share(tmp_path) == ProcessorShare(3, 3, 3, None)


def test_the_affinity_of_a_real_process():
    script = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from fusion_perception.engine.processor_share import processor_share as share; print(share().threads)"
    )
    root = Path(module.__file__).parents[2]
    result = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout == "1\n"
