# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what must not end a node, and of how it ends: real processes over DDS on loopback."""
# ruff: noqa: F811 - fixtures of another module

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.ros
if importlib.util.find_spec("rclpy") is None:
    pytest.skip("rclpy is not installed", allow_module_level=True)
from test.ros.test_nodes import ROOT, end, model, probe, start, wait_for_log  # noqa: E402, F401
from test.ros_environment import ros_environment  # noqa: E402

PAIRS = 5000
MOST_BYTES = 150  # a pair; half a kilobyte is a leak, and over so few pairs twenty bytes cannot be told from none


def test_wrong_transitions_are_answered_in_every_state(model, start):
    node = start("fusion_node", model=str(model), autostart=False)
    findings = probe("wrong_transitions")
    assert findings["states"] == ["unconfigured", "inactive", "active", "inactive", "unconfigured", "finalized"]
    assert findings["wrong"] and not any(findings["wrong"]), findings
    log = end(node)
    assert "transition number 1 is refused: the node is active; allowed now: " in log
    assert "Traceback" not in log


def test_setting_what_is_read_on_configure_says_so(model, start):
    node = start("fusion_node", model=str(model), **{"diagnostics.period_s": 0.1})
    findings = probe("late_parameters")
    assert findings["late"][0] is True
    assert "read on configure" in findings["late"][1]
    assert findings["at_once"] == [True, ""]
    assert findings["description"].endswith("Read on configure.")
    assert findings["pending"] == "engine.allow_fallback"
    assert "engine.allow_fallback is False now: it is read on configure" in end(node)


def test_unknown_names_are_told_with_the_nearest_one(model, start):
    misspelt = {"sync.tolerence_ms": 20.0, "qos_overrides./fusion/maks.publisher.depth": 3}
    node = start("fusion_node", model=str(model), **misspelt)
    wait_for_log(node, "listening to")
    log = end(node)
    assert "'sync.tolerence_ms' (did you mean 'sync.tolerance_ms'?)" in log
    assert "(did you mean 'qos_overrides./fusion/mask.publisher.depth'?)" in log


def test_a_second_node_of_the_same_name_is_told_by_both_and_forgotten_when_it_ends(model, start):
    space = f"/rig_{os.getpid()}"  # nobody else's, whatever else runs on this machine
    name = f"'{space}/fusion_node'"
    first = start("fusion_node", model=str(model), __ns=space)
    wait_for_log(first, "listening to")
    other = start("fusion_node", model=str(model), __ns=f"{space}_rear")
    wait_for_log(other, "listening to")
    second = start("fusion_node", model=str(model), __ns=space)
    for node in (first, second):
        wait_for_log(node, f"the name {name} is taken by 1 other node(s) as well")
    end(second)
    wait_for_log(first, f"no other node is named {name} any more")
    end(first)
    assert "is taken" not in end(other)


@pytest.mark.parametrize("spelling", ["True", "TRUE", "yes", "on"])
def test_every_yaml_spelling_of_a_boolean_is_taken(spelling, model, start):
    """The shell passes what people write; the YAML parser of ROS reads it."""
    values = {"use_sim_time": spelling, "lazy": spelling, "model": model, "autostart": "False"}
    parameters = [part for name, value in values.items() for part in ("-p", f"{name}:={value}")]
    node = subprocess.Popen(
        [sys.executable, "-m", "fusion_perception.ros.fusion_node", "--ros-args", *parameters],
        cwd=ROOT,
        env=ros_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "waiting for lifecycle transitions" in node.stderr.readline()
        node.send_signal(signal.SIGINT)
        assert node.wait(20) == 0
        assert node.stderr.read() == ""
    finally:
        node.kill()
        node.wait()


def test_memory_does_not_grow_with_the_number_of_pairs():
    command = [sys.executable, "-m", "test.ros.memory_drive", "--pairs", str(PAIRS), "--warm-up", "1500", "--idle"]
    result = subprocess.run(
        command, cwd=ROOT, env=ros_environment(), capture_output=True, text=True, timeout=180, check=False
    )
    assert result.returncode == 0, result.stderr
    findings = json.loads(result.stdout.splitlines()[-1])
    assert findings["callback_failures"] == 0
    assert findings["bytes_per_pair"] < MOST_BYTES, findings


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_moment_of_the_start_ends_it_quietly(number, model, start):
    for delay_s in (0.3, 0.6, 0.9, 1.3):
        node = start("fusion_node", model=str(model))
        wait_until_ours(node)
        time.sleep(delay_s - 0.3)
        node.send_signal(number)
        began = time.monotonic()
        assert node.wait(20) == 0, (delay_s, node.log.read_text())
        assert time.monotonic() - began < 5, delay_s  # it takes at most two seconds; machines under test are slow
        log = node.log.read_text()
        assert not any(word in log for word in ("Traceback", "ERROR", "FATAL", "KeyboardInterrupt")), (delay_s, log)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_that_were_blocked_while_the_interpreter_starts_are_not_lost(number, model):
    node = subprocess.Popen(
        [sys.executable, "-m", "fusion_perception.ros.fusion_node", "--ros-args", "-p", f"model:={model}"],
        cwd=ROOT,
        env=ros_environment(),
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [number]),  # noqa: PLW1509 - one system call
    )
    try:
        node.send_signal(number)
        assert node.wait(20) == 0
        assert node.stderr.read() == b""
    finally:
        node.kill()
        node.wait()


def wait_until_ours(node):
    """Wait until the program has taken over the signals: before, they are the interpreter's."""
    taken = (1 << (signal.SIGINT - 1)) | (1 << (signal.SIGTERM - 1))
    deadline = time.monotonic() + 30
    while True:
        with open(f"/proc/{node.pid}/status") as status:  # noqa: PTH123
            caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt:"))
        if caught & taken == taken:
            return
        assert node.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
