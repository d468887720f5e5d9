# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of how a node's process starts and ends, with nodes that are slow or broken in one place."""

import importlib.util
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from test.ros_environment import ros_environment

pytestmark = pytest.mark.ros
if importlib.util.find_spec("rclpy") is None:
    pytest.skip("rclpy is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from fusion_perception.ros.process import run_node; sys.exit(run_node('{0}', 'Broken', []))"
MODULE = """
import sys, time

PLACE = {place!r}

def reach(place):
    print(place, flush=True)
    if place == PLACE:
        {action}

reach("import")
from rclpy.node import Node

class Broken(Node):
    done = None
    saves_at_end = {saves}

    def __init__(self):
        reach("make")
        super().__init__("broken", use_global_arguments=False)
        self.create_timer(0.05, lambda: reach("callback"))

    def start(self):
        reach("start")

    def close(self):
        reach("close")
        print("closed", flush=True)
"""


@pytest.fixture
def launch(tmp_path):
    """Start a process with a node that does something in one place; it is killed at the end."""
    children = []

    def launch_node(place, action, saves=False, **variables):
        name = f"broken_{place}"
        text = MODULE.format(place=place, action=action, saves=saves)
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(name)],
            cwd=ROOT,
            env=ros_environment(PYTHONPATH=f"{tmp_path}:{ROOT}", **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield launch_node
    for child in children:
        child.kill()
        child.wait()


def wait_for(child, place):
    while (line := child.stdout.readline()) != f"{place}\n":
        assert line, child.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("place", ["import", "make", "start", "callback", "close"])
def test_a_signal_ends_it_wherever_it_is(place, number, launch):
    child = launch(place, "time.sleep(60)")
    if place == "close":
        wait_for(child, "callback")
        child.send_signal(signal.SIGINT)
    wait_for(child, place)
    began = time.monotonic()
    child.send_signal(number)
    assert child.wait(20) == 0, child.stderr.read()
    assert time.monotonic() - began < 10  # of the sixty that it is busy; two on a machine at rest
    assert child.stderr.read() == ""


def test_before_anything_is_open_a_signal_ends_it_at_once(launch, monkeypatch):
    patient = PROGRAM.replace("import sys; ", "import sys; from fusion_perception.ros import stop_signals as s; ")
    monkeypatch.setitem(globals(), "PROGRAM", patient.replace("; sys.exit", "; s._LIMIT_S = 30; sys.exit"))
    child = launch("import", "time.sleep(60)")
    wait_for(child, "import")
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 0, child.stderr.read()
    assert time.monotonic() - began < 20  # of the thirty that what is open would get


def test_what_has_to_be_saved_is_saved(launch):
    child = launch("close", "time.sleep(2.5)", saves=True)
    wait_for(child, "callback")
    child.send_signal(signal.SIGINT)
    assert child.wait(20) == 0, child.stderr.read()
    assert child.stdout.read().endswith("close\nclosed\n")


@pytest.mark.parametrize("place", ["make", "start", "close"])
def test_what_fails_is_one_sentence_and_an_exit_code(place, launch):
    child = launch(place, "raise KeyError('no such thing')")
    if place == "close":
        wait_for(child, "callback")
        child.send_signal(signal.SIGINT)
    assert child.wait(20) == 1
    (line,) = child.stderr.read().splitlines()
    assert "KeyError: 'no such thing'" in line


def test_a_module_that_is_missing_is_one_sentence_and_an_exit_code(launch):
    child = launch("import", "import no_such_module")
    assert child.wait(20) == 1
    (line,) = child.stderr.read().splitlines()
    assert "No module named 'no_such_module'" in line


@pytest.mark.parametrize("home", ["", "/proc/no/home"])
def test_no_place_for_logs_names_the_variable_that_gives_one(home, launch, tmp_path):
    variables = {"HOME": home, "ROS_LOG_DIR": "", "ROS_HOME": ""}
    child = launch("close", "pass", **variables)
    assert child.wait(30) == 1
    *_, line = child.stderr.read().splitlines()
    assert "failed to initialize logging" in line and "export ROS_LOG_DIR=" in line
    child = launch("close", "pass", **variables | {"ROS_LOG_DIR": str(tmp_path / "log")})
    wait_for(child, "callback")
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 0


def test_a_callback_that_fails_does_not_end_it(launch):
    child = launch("callback", "raise KeyError('no such thing')")
    for _ in range(3):
        wait_for(child, "callback")
    child.send_signal(signal.SIGINT)
    assert child.wait(20) == 0
    (line,) = child.stderr.read().splitlines()
    assert "a callback failed, and the node goes on without it: KeyError: 'no such thing'" in line
    assert child.stdout.read().endswith("close\nclosed\n")
