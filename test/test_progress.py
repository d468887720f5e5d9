# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what a progress prints to a pipe and to a terminal, by processes of their own as users have them."""

import fcntl
import io
import os
import re
import struct
import subprocess
import sys
import termios

import pytest

from fusion_perception import progress as module
from fusion_perception.progress import Progress

COLUMNS = 100
LOOP = r"""
import sys, time
from fusion_perception.cli.console import Console
from fusion_perception.progress import Progress
with Console(), Progress(unit="pair") as progress:
    progress.stage("caf\udce9\n\x1b[31m {0}", start=2)
    for done in range(3, 11):
        time.sleep(0.02)
        progress.tick(done, 10, "lost \x9b {unit}")
        if done == 5:
            progress.say("half\n[FATAL] \x1b[2J")
    progress.stage("next")
    progress.tick(1, 4)
"""
SHOWN = r"caf\xe9\n\x1b[31m {0}"


def environment(**changes):
    """The environment of a user who has a terminal with colours."""
    return {**os.environ, "TERM": "xterm-256color", **changes}


def through_a_pipe(code=LOOP, **changes):
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(**changes), check=True)
    assert ended.stdout == b""
    return ended.stderr


def on_a_terminal(**changes):
    watcher, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with subprocess.Popen([sys.executable, "-c", LOOP], stderr=terminal, env=environment(**changes)) as process:
        os.close(terminal)
        written = b""
        while True:
            try:
                part = os.read(watcher, 65536)
            except OSError:  # as Linux tells that nobody holds the other end any more
                break
            if not part:
                break
            written += part
    os.close(watcher)
    assert process.returncode == 0
    return written


def test_a_pipe_gets_whole_lines_without_control_characters():
    text = through_a_pipe().decode("ascii")
    assert all(line.isprintable() for line in text.split("\n"))
    lines = text.splitlines()
    note = r"lost \x9b {unit}"
    assert lines[0].startswith(f"{SHOWN} 2/10")
    assert lines[1] == r"half\n[FATAL] \x1b[2J"
    assert re.fullmatch(re.escape(f"{SHOWN} 10/10, {note}") + r" \(00:00, 00:00 left, +[\d.]+pair/s\)", lines[2])
    assert lines[3].startswith("next       0/4") and lines[4].startswith("next       1/4")
    assert len(lines) == 5


@pytest.mark.parametrize("changes", [{}, {"NO_COLOR": "1"}])
def test_a_terminal_gets_one_line_that_changes(changes):
    written = on_a_terminal(**changes).decode("ascii")
    assert set(re.findall(r"[^ -~]", written)) == {"\r", "\n"}, "an escape code"
    lines = written.split("\r\n")
    assert len(lines) == 4 and lines[3] == ""
    states = [[s.rstrip() for s in line.split("\r") if s.strip()] for line in lines]
    assert states[0][-1] == r"half\n[FATAL] \x1b[2J"
    assert states[1][-1].startswith(f"{SHOWN} |###") and "10/10" in states[1][-1] and " left, " in states[1][-1]
    assert any("#." in state for state in states[0]), "no bar that is half full"
    assert states[2][-1].startswith("next       |#") and "1/4" in states[2][-1]
    assert max(len(state) for line in states for state in line) <= COLUMNS


def test_a_dumb_terminal_gets_lines():
    assert b"|" not in on_a_terminal(TERM="dumb")


def test_a_finished_stage_is_drawn_once(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(module, "REDRAWN_S", 1e9)
    stream = io.StringIO()
    stream.isatty = lambda: True
    progress = Progress(stream)
    progress.stage("wait")
    progress.tick(1, 2)
    for _ in range(50):
        progress.tick(2, 2)
    drawn = re.findall(r" (\d)/2", stream.getvalue())
    assert drawn == ["0", "2"]
    progress.end()
    assert stream.getvalue().endswith("\n")


def test_long_work_tells_its_state_ever_more_seldom(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    monkeypatch.setattr(module._tqdm(), "__init__", _with_clock(module._tqdm().__init__, now))
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.stage("train")
        for done in range(1, 36_001):  # ten hours
            now[0] += 1.0
            progress.tick(done, 36_000)
    told = [int(count) for count in re.findall(r" (\d+)/36000", stream.getvalue())]
    assert told[:4] == [0, 6, 11, 16] and told[-1] == 36_000
    assert len(told) < 90
    assert "(00:06, 9:59:54 left," in stream.getvalue() and "(10:00:00, 00:00 left," in stream.getvalue()


def _with_clock(init, now):
    def changed(self, *arguments, **options):
        init(self, *arguments, **options)
        self._time = lambda: now[0]
        self.start_t = self.last_print_t = now[0]

    return changed


def test_nothing_is_said_silently(capsys):
    with Progress(silent=True) as progress:
        progress.stage("train")
        progress.tick(1, 1)
        progress.say("word")
    assert capsys.readouterr() == ("", "")


def test_without_tqdm_every_stage_tells_its_end():
    code = "import sys; sys.modules['tqdm'] = None\n" + LOOP
    lines = through_a_pipe(code).decode("ascii").splitlines()
    assert lines == [r"half\n[FATAL] \x1b[2J", SHOWN + r" 10/10, lost \x9b {unit}", "next       1/4"]


def test_a_bar_starts_neither_a_thread_nor_a_process():
    code = LOOP + "import threading, sys; assert threading.active_count() == 1\n"
    code += "assert 'multiprocessing.resource_tracker' not in sys.modules\n"
    through_a_pipe(code)
