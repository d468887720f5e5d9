# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fusion_perception.cli import info
from fusion_perception.cli.console import Console, ReaderGoneError, shown
from fusion_perception.cli.main import EXIT_ERROR, EXIT_READER_GONE, main
from fusion_perception.errors import DataError

PRINTS = "import sys\nfrom fusion_perception.cli import info\nfrom fusion_perception.cli.main import main\n"
# A verb that prints what it is given, without the import of anything else.
PRINTS += "info.run = lambda a: [print(a.model) for _ in range({lines})] and 0\nsys.exit(main())\n"


def start(argument, *, lines=1, **options):
    """Start the command in a process of its own, as a user does."""
    command = [sys.executable, "-c", PRINTS.format(lines=lines), "info", argument]
    return subprocess.Popen(command, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("a table\n\tof two lines\r", "a table\n\tof two lines\r"),
        ("\x1b[31mred\x1b[0m \x07 \x9b", r"\x1b[31mred\x1b[0m \x07 \x9b"),
        ("\rprogress \x1b[2K", "\rprogress " + r"\x1b[2K"),
        ("\udcff\u202e", r"\xff\u202e"),
    ],
)
def test_what_commands_a_terminal_is_spelled_out(text, visible):
    assert shown(text) == visible


def test_every_encoding_takes_every_text(monkeypatch):
    for encoding, expected in (("ascii", rb"\u2013 \xff W\xe4rme"), ("latin-1", rb"\u2013 \xff W" + b"\xe4rme")):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding))
        with Console() as console:
            print("\u2013 \udcff W\xe4rme", end="")
            console.flush()
        assert raw.getvalue() == expected


@pytest.mark.parametrize(("error", "raised"), [(BrokenPipeError(), ReaderGoneError), (OSError("full"), DataError)])
def test_standard_output_that_fails(error, raised, monkeypatch):
    class Failing(io.StringIO):
        def write(self, text):
            raise error

        flush = write

    monkeypatch.setattr(sys, "stdout", Failing())
    monkeypatch.setattr(sys, "stderr", Failing())
    before = sys.stdout, sys.stderr
    with Console():
        print("to nobody", file=sys.stderr)
        with pytest.raises(raised):
            print("to nobody")
        print("nothing more is tried")
    assert (sys.stdout, sys.stderr) == before


def test_without_streams(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(info, "run", lambda arguments: print("x") or sys.stderr.isatty())
    assert main(["info", "x"]) == 0
    monkeypatch.undo()
    assert capsys.readouterr() == ("", "")


def test_characters_that_the_locale_lacks_and_bytes_that_are_none():
    ended = start(b"caf\xe9 \xc3\xa9 \x1b[2J", env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C.UTF-8"})
    assert ended.communicate(timeout=60) == (rb"caf\xe9 \xe9 \x1b[2J" + b"\n", b"")
    assert ended.returncode == 0


def test_a_reader_that_goes_away():
    with start("x", lines=100_000) as ended:
        assert ended.stdout.readline() == b"x\n"
        ended.stdout.close()
        assert ended.stderr.read() == b""
    assert ended.returncode == EXIT_READER_GONE


def test_closed_streams():
    ended = start("x", preexec_fn=lambda: (os.close(1), os.close(2)))
    assert ended.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_standard_output():
    with Path("/dev/full").open("wb") as full:
        ended = start("x", stdout=full)
        text = ended.communicate(timeout=60)[1]
    assert text == b"fusion-perception info: standard output cannot be written: No space left on device\n"
    assert ended.returncode == EXIT_ERROR
