# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the progress line."""

import io

from fusion_perception.demo import progress as module
from fusion_perception.demo.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_one_line_that_changes():
    stream = Terminal()
    progress = Progress(stream)
    progress.stage("run")
    progress.show("1 of 2", 0.5)
    progress.show("2 of 2", 1.0)
    progress.end()
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert text.count("\r") == 2
    assert text.endswith("run        " + "#" * 28 + " 2 of 2\n")


def test_a_log_file_sees_the_first_the_last_and_one_line_a_period(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    progress = Progress(stream)
    progress.stage("run")
    for number in range(8):
        progress.show(f"{number} of 8")
        now[0] += 1.0
    progress.end()
    progress.end()
    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["0", "5", "7"]
    assert "\r" not in stream.getvalue()
