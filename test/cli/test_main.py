# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the command line's frame."""

import importlib
import subprocess
import sys

import pytest

from fusion_perception import __version__
from fusion_perception.cli import info
from fusion_perception.cli.main import EXIT_ERROR, EXIT_INTERRUPTED, VERBS, main
from fusion_perception.errors import ModelError


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_the_table_has_help(verb, capsys):
    module = importlib.import_module(f"fusion_perception.cli.{verb}")
    assert callable(module.run)
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: fusion-perception {verb}" in text
    assert VERBS[verb][1:20] in " ".join(text.split())


def test_version_and_general_help(capsys):
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit) as end:
            main([option])
        assert end.value.code == 0
    text = capsys.readouterr().out
    assert f"fusion_perception {__version__}" in text
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["info"], ["info", "a", "b"]])
def test_a_wrong_command_line_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == EXIT_ERROR
    assert "usage: fusion-perception" in capsys.readouterr().err


def test_an_expected_error_is_one_line_on_stderr(monkeypatch, capsys):
    def fail(arguments):
        raise ModelError(f"'{arguments.model}' is\n   no model;\ngive another")

    monkeypatch.setattr(info, "run", fail)
    assert main(["info", "x"]) == EXIT_ERROR
    captured = capsys.readouterr()
    assert captured.err == "fusion-perception info: 'x' is no model; give another\n"
    assert captured.out == ""


def test_a_programming_error_is_not_hidden(monkeypatch):
    def fail(arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(info, "run", fail)
    with pytest.raises(ZeroDivisionError):
        main(["info", "x"])


def test_ctrl_c_ends_with_130(monkeypatch, capsys):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(info, "run", interrupt)
    assert main(["info", "x"]) == EXIT_INTERRUPTED
    assert capsys.readouterr().err == "fusion-perception info: interrupted\n"


def test_help_imports_neither_ros_nor_torch_nor_an_engine():
    code = (
        "import sys\n"
        "from fusion_perception.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *[m for m in ('rclpy', 'torch', 'onnxruntime', 'cv2') if m in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.splitlines()[-1].split() == ["LOADED"]
