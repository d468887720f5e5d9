# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of orderly stopping, each in a process of its own."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys, threading, time
from fusion_perception.ros import stop_signals
stop_signals._PATIENCE_S = 0.5
stopped = threading.Event()
with stop_signals.StopSignals() as signals:
    if "late" in sys.argv:
        print("ready", flush=True)
        time.sleep(0.5)
    signals.call(stopped.set)
    if "saving" in sys.argv:
        signals.limit_s = None
    if "broken" in sys.argv:
        signals.call(lambda: 1 / 0)
    if "late" not in sys.argv:
        print("ready", flush=True)
    if "stuck" in sys.argv:
        time.sleep(60)
    print("stopped", stopped.wait(30), signals.received, flush=True)
    time.sleep(0.2)
print("clean", flush=True)
"""


def run(signals, *arguments, pause_s=0.02):
    """Start the program, send the signals, and return its exit status and what it printed."""
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    for number in signals:
        child.send_signal(number)
        time.sleep(pause_s)
    try:
        return child.wait(20), child.stdout.read()
    finally:
        child.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("arguments", [(), ("late",)], ids=["waiting", "before the callback is set"])
def test_the_first_signal_asks_to_stop(number, arguments):
    assert run([number], *arguments) == (0, "stopped True True\nclean\n")


def test_repeated_signals_do_not_break_the_clean_up():
    assert run([signal.SIGINT] * 5) == (0, "stopped True True\nclean\n")


def test_a_much_later_signal_ends_a_program_that_is_stuck():
    status, _ = run([signal.SIGINT, signal.SIGTERM], "stuck", "saving", pause_s=0.8)
    assert status == 128 + signal.SIGTERM


@pytest.mark.parametrize("arguments", [("stuck",), ("stuck", "broken")], ids=["stuck", "and its callback fails"])
def test_a_program_that_has_nothing_to_save_ends_within_two_seconds(arguments):
    start = time.monotonic()
    status, _ = run([signal.SIGINT], *arguments)
    assert status == 0
    assert time.monotonic() - start < 10  # of the sixty that it is stuck
