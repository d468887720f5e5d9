# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the children: they end with us, and say why they ended."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fusion_perception.demo import processes as module
from fusion_perception.demo.processes import Processes

SLEEP = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); " + SLEEP


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a zombie has ended
        return file.read().rpartition(")")[2].split()[0] != "Z"


def python(code):
    return [sys.executable, "-c", code]


def test_a_child_is_ended_when_the_block_fails(tmp_path):
    lines = []
    with pytest.raises(ZeroDivisionError), Processes() as processes:
        child = processes.start("sleeper", python(SLEEP), os.environ, tmp_path / "log", lines.append)
        wait_for(lambda: lines == ["ready\n"])
        raise ZeroDivisionError
    assert child.returncode() is not None
    assert not alive(child.pid)


def test_a_child_that_ignores_ctrl_c_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_GRACE_S", 0.3)
    lines = []
    with Processes() as processes:
        child = processes.start("stubborn", python(STUBBORN), os.environ, tmp_path / "log", lines.append)
        wait_for(lambda: lines == ["ready\n"])
    assert child.returncode() == -signal.SIGKILL


def test_a_child_that_is_writing_its_files_is_not_disturbed(tmp_path):
    code = (
        "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(600)\n"
        "except KeyboardInterrupt:\n    time.sleep(0.5)\n"
    )
    lines = []
    with Processes() as processes:
        child = processes.start("writer", python(code), os.environ, tmp_path / "log", lines.append)
        wait_for(lambda: lines == ["ready\n"])
        child.interrupt()
        time.sleep(0.1)
        child.interrupt()
        assert child.stop() == 0, (tmp_path / "log").read_text()


def test_a_child_says_why_it_ended(tmp_path):
    code = (
        "import sys; sys.stderr.write('[INFO] [1.5] [n]: hello\\n[FATAL] [1.6] [n]: the model is gone\\nbye\\n'); "
        "sys.exit(3)"
    )
    with Processes() as processes:
        child = processes.start("n", python(code), os.environ, tmp_path / "log")
        wait_for(lambda: child.returncode() is not None)
        assert child.stop() == 3
    assert child.why() == "the model is gone"
    assert child.noteworthy() == ["n, fatal error: the model is gone"]
    assert "hello" in (tmp_path / "log").read_text()


def test_a_log_that_cannot_be_written_holds_nobody_up():
    """As on a full disk: a child whose output nobody reads stands still as soon as its pipe is full."""
    code = "import sys; sys.stderr.write('[INFO] [1] [n]: a line of some length\\n' * 5000 + '[WARN] [1] [n]: last\\n')"
    with Processes() as processes:
        child = processes.start("n", python(code), os.environ, Path("/dev/full"))
        wait_for(lambda: child.returncode() is not None)
        assert child.stop() == 0
    assert child.log_error is not None
    assert child.log_error.errno == errno.ENOSPC
    assert child.why() == "last"


def test_a_silent_child_is_explained_by_its_log(tmp_path):
    with Processes() as processes:
        child = processes.start("n", python("raise SystemExit(4)"), os.environ, tmp_path / "n.log")
        wait_for(lambda: child.returncode() is not None)
        assert child.stop() == 4
    assert "n.log" in child.why()


@pytest.mark.skipif(sys.platform != "linux", reason="the death of a parent is only announced on Linux")
def test_a_child_ends_even_when_its_parent_is_killed(tmp_path):
    parent_code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom fusion_perception.demo.processes import Processes\n"
        "with Processes() as p:\n"
        f"    c = p.start('c', [sys.executable, '-c', {SLEEP!r}], os.environ, Path({str(tmp_path / 'log')!r}), "
        "lambda line: print(c.pid, flush=True))\n"
        "    time.sleep(600)\n"
    )
    parent = subprocess.Popen(python(parent_code), stdout=subprocess.PIPE, text=True)
    try:
        pid = int(parent.stdout.readline())
        assert alive(pid)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    wait_for(lambda: not alive(pid))
