# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: one line, the code that shells expect, nothing half written."""

import signal
import subprocess
import sys

import pytest

# A verb that does one thing until it is stopped; `started` is printed once it does.
VERB = """
import sys, time
from pathlib import Path
from fusion_perception.files.atomic_file import replacing
from fusion_perception.cli import info
from fusion_perception.cli.start import main

def run(arguments):
    if arguments.model == "swallow":
        try:
            print("started", flush=True)
            time.sleep(60)
        except BaseException:
            pass
        time.sleep(60)
    with replacing(Path(arguments.model)) as temporary:
        temporary.write_text("half")
        print("started", flush=True)
        time.sleep(60)

info.run = run
sys.exit(main())
"""


def interrupt(target, number, **options):
    command = [sys.executable, "-c", VERB, "info", str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as process:
        assert process.stdout.readline() == "started\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    return process.returncode, err


def listen():
    """Listen even where the tests run in the background of a shell, or of nohup."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 129, "terminated")],
)
def test_the_old_file_stays(tmp_path, number, code, word):
    path = tmp_path / "out.json"
    path.write_text("kept")
    assert interrupt(path, number, preexec_fn=listen) == (code, f"fusion-perception info: {word}\n")
    assert [(p, p.read_text()) for p in tmp_path.iterdir()] == [(path, "kept")]


def test_a_signal_that_a_library_swallows_is_raised_again():
    assert interrupt("swallow", signal.SIGTERM) == (143, "fusion-perception info: terminated\n")


def test_a_signal_that_whoever_started_it_ignores_is_ignored(tmp_path):
    command = [sys.executable, "-c", VERB, "info", str(tmp_path / "out")]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # noqa: PLW1509 - no threads here
    ) as process:
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30)[1] == "fusion-perception info: terminated\n"
