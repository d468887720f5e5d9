# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests that a signal is kept for a program that is still starting."""

import signal
import subprocess
import sys

import pytest

from fusion_perception.ros import launch_prefix
from fusion_perception.ros.launch_prefix import signals_held_back

SLOW_TO_START = """
import signal, sys, time
print("starting", flush=True)
time.sleep(0.3)
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
time.sleep(30)
"""


@pytest.fixture(autouse=True)
def fresh():
    signals_held_back.cache_clear()
    yield
    signals_held_back.cache_clear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_the_program_is_ready(number):
    prefix = signals_held_back()
    if not prefix:
        pytest.skip("this env cannot block signals")
    command = [*prefix.split(), sys.executable, "-c", SLOW_TO_START]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert child.stdout.readline() == "starting\n"
        child.send_signal(number)
        assert child.wait(20) == 0
        assert child.stdout.read() == "", "no traceback"
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("hold", [("false",), ("/no/such/env",)])
def test_an_env_that_cannot_is_not_used(monkeypatch, hold):
    monkeypatch.setattr(launch_prefix, "_HOLD", hold)
    assert signals_held_back() == ""
