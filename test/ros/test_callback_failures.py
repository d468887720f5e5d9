# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what becomes of the exceptions of callbacks."""

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from fusion_perception.ros.callback_failures import CallbackFailures


class Logger:
    def __init__(self, error=None):
        self.lines = []
        self._error = error

    def error(self, text):
        if self._error is not None:
            raise self._error
        self.lines.append(text)

    def debug(self, text):
        pass


def raised(error):
    try:
        raise error
    except Exception as caught:
        return caught


def elsewhere():
    return raised(ValueError("other"))


def test_every_kind_is_logged_once_and_all_are_counted():
    logger, counted = Logger(), []
    failures = CallbackFailures(logger, lambda: counted.append(1))
    for number in range(5):  # of one kind, although every text is another
        failures.report(raised(RuntimeError(f"number {number}")), "the timer")
    failures.report(elsewhere())
    assert len(counted) == 6
    assert len(logger.lines) == 2
    assert logger.lines[0].startswith("the timer failed, and the node goes on without it: RuntimeError: number 0 (")
    assert "test_callback_failures.py:" in logger.lines[0]


def test_text_from_outside_cannot_forge_a_line():
    logger = Logger()
    CallbackFailures(logger).report(RuntimeError("x\n[FATAL] \x1b[31mstop"))
    (line,) = logger.lines
    assert line.isprintable()


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize("error", [Unprintable(), RuntimeError("\udc80")])
def test_it_never_raises(error):
    CallbackFailures(Logger(UnicodeEncodeError("utf-8", "x", 0, 1, "no"))).report(error)

    def broken():
        raise MemoryError

    logger = Logger()
    CallbackFailures(logger, broken).report(raised(RuntimeError("told all the same")))
    assert "told all the same" in logger.lines[0]
