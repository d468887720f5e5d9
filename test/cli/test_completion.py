# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what shells are told of a command line that is not finished."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from fusion_perception.cli.completion import SHELLS
from fusion_perception.cli.main import EXIT_ERROR, VERBS, main
from fusion_perception.model_store import shipped_models

ROOT = Path(__file__).parents[2]
needs_argcomplete = pytest.mark.skipif(find_spec("argcomplete") is None, reason="argcomplete is not installed")


@pytest.fixture
def here(tmp_path):
    """The folder in which the shell is."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def complete(tmp_path, here):
    """Ask like a shell does; returns the words that could come next."""

    def ask(line):
        answer = tmp_path / "answer"
        variables = {
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_IFS": "\n",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
            "COMP_LINE": line,
            "COMP_POINT": str(len(line.encode())),
        }
        command = [sys.executable, "-m", "fusion_perception.cli"]
        environment = os.environ | variables | {"PYTHONPATH": str(ROOT)}
        ended = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
        return {word.strip() for word in answer.read_text().split("\n")}

    return ask


@needs_argcomplete
def test_verbs_options_and_choices(complete):
    assert complete("fusion-perception ") == set(VERBS)
    assert complete("fusion-perception b") == {"bag-info", "bench", "build"}
    assert complete("fusion-perception build realtime --for ") == {"tensorrt", "rtx"}
    assert "--stability" in complete("fusion-perception evaluate realtime --")


@needs_argcomplete
def test_models_and_files(complete, here):
    (here / "mine.onnx").touch()
    assert complete("fusion-perception info ") == {"mine.onnx", *shipped_models()}
    assert complete("fusion-perception info m") == {"mine.onnx"}
    assert "tensorrt-rtx" in complete("fusion-perception demo --backend ")
    assert complete("fusion-perception demo --rate ") == {""}, "what is a number is not completed"


@needs_argcomplete
def test_topics_of_the_bag_that_is_named(complete, here):
    pytest.importorskip("mcap", reason="mcap is not installed")
    from test.bags.make_bag import plain_bag

    plain_bag(here / "drive", pairs=1)
    found = complete("fusion-perception process drive --out x --rgb-topic ")
    assert found and all(topic.startswith("/") for topic in found)
    assert complete("fusion-perception calibrate --data drive --thermal-topic ") == found
    assert complete("fusion-perception bag-info nothing --rgb-topic ") == {""}


@needs_argcomplete
@pytest.mark.parametrize("shell", SHELLS)
def test_the_lines_for_a_shell(shell, capsys, tmp_path):
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "fusion-perception" in text and "_ARGCOMPLETE" in text
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: its lines are not run")
    (tmp_path / "lines").write_text(text)
    subprocess.run([shell, "-n", str(tmp_path / "lines")], check=True, capture_output=True)


@needs_argcomplete
def test_bash_completes(capsys, tmp_path):
    assert main(["completion", "bash"]) == 0
    (tmp_path / "lines").write_text(capsys.readouterr().out)
    program = tmp_path / "fusion-perception"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m fusion_perception.cli \"$@\"\n")
    program.chmod(0o755)
    script = (
        "source lines; COMP_LINE='fusion-perception do' COMP_POINT=20 COMP_TYPE=9 COMP_CWORD=1; "
        "COMP_WORDS=(fusion-perception do); _python_argcomplete fusion-perception do fusion-perception; "
        'echo "${COMPREPLY[@]}"'
    )
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["doctor"]


def test_without_the_package_one_sentence_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "argcomplete", None)
    assert main(["completion", "bash"]) == EXIT_ERROR
    (line,) = capsys.readouterr().err.splitlines()
    assert "apt install python3-argcomplete, or " in line and "pip install 'fusion_perception[completion]'" in line
    monkeypatch.setitem(sys.modules, "argcomplete", type(sys)("argcomplete"))
    assert main(["completion", "bash"]) == EXIT_ERROR
    assert "too old" in capsys.readouterr().err
