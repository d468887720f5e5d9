# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the command line's frame."""

import errno
import importlib
import shlex
import subprocess
import sys
import tempfile

import pytest

from fusion_perception import __version__
from fusion_perception.cli import info
from fusion_perception.cli.main import EXIT_ERROR, EXIT_FAULT, EXIT_INTERRUPTED, VERBS, _parser, main
from fusion_perception.cli.numbers import check_numbers
from fusion_perception.errors import ModelError


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_the_table_has_help(verb, capsys):
    module = importlib.import_module(f"fusion_perception.cli.{verb.replace('-', '_')}")
    assert callable(module.run)
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: fusion-perception {verb}" in text
    assert VERBS[verb][1:20] in " ".join(text.split())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_examples_that_can_be_typed(verb, capsys):
    module = importlib.import_module(f"fusion_perception.cli.{verb.replace('-', '_')}")
    assert module.EXAMPLES
    for example in module.EXAMPLES:
        program, *arguments = shlex.split(example.partition(" >")[0])
        assert (program, arguments[0]) == ("fusion-perception", verb)
        namespace = _parser(arguments).parse_args(arguments)
        check_numbers(namespace)
        assert namespace.verb == verb
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines[lines.index("examples:") + 1 :]] == list(module.EXAMPLES)


@pytest.mark.parametrize("variable", ["NO_COLOR", "FORCE_COLOR", "PYTHON_COLORS"])
def test_help_has_no_escape_codes_whatever_is_forced(variable, monkeypatch, capsys):
    monkeypatch.setenv(variable, "1")
    with pytest.raises(SystemExit):
        main(["info", "--help"])
    text = capsys.readouterr().out
    assert "usage: fusion-perception info" in text
    assert "\x1b" not in text and "\\x1b" not in text


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


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/a\n\x1b[2Jb"),
            r"/a\n\x1b[2Jb: Permission denied; make it ",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device; free some space"),
        (OSError(errno.ENAMETOOLONG, "File name too long", b"x" * 5000), " more ...]"),
        (OSError(errno.EXDEV, "Invalid cross-device link", "a", None, "b"), "a and b: Invalid cross-device link"),
        (OSError("a library's own"), "a library's own"),
        (MemoryError(), "there is not enough memory; use smaller images"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 GB"), "there is not enough memory (DefaultCPU"),
        (ModuleNotFoundError("No module named 'x'", name="absent_thing"), "pip install absent_thing"),
        (
            ModuleNotFoundError("No module named '_C'", name="_C"),
            "cannot be imported: No module named '_C'; install it",
        ),
        (ImportError("cannot import name 'a' from 'b'"), "a package cannot be imported: cannot import name 'a'"),
        (ModelError("two\n   lines \x1b[31m\u202e \udcff"), r"two lines \x1b[31m\u202e \xff"),
    ],
)
def test_errors_of_the_system_and_of_libraries_are_explained(error, says, monkeypatch, capsys):
    def fail(arguments):
        raise error

    monkeypatch.setattr(info, "run", fail)
    assert main(["info", "x"]) == EXIT_ERROR
    text = capsys.readouterr().err
    assert text.startswith("fusion-perception info: ")
    assert says in text
    assert text[:-1].isprintable() and text.endswith("\n")


def test_a_fault_of_the_program_goes_to_a_file(monkeypatch, capsys, tmp_path):
    def fail(arguments):
        raise ZeroDivisionError("by\nnothing")

    monkeypatch.setattr(info, "run", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert main(["info", "x"]) == EXIT_FAULT
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert r"a fault of this program, ZeroDivisionError: by\nnothing; please report it" in text
    (path,) = tmp_path.iterdir()
    assert text.rstrip().endswith(f"the traceback is in {path}")
    assert "Traceback (most recent call last)" in path.read_text() and "in fail\n" in path.read_text()
    assert __version__ in path.read_text()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    assert main(["info", "x"]) == EXIT_FAULT
    assert "test_main.py, line " in capsys.readouterr().err


def test_what_was_given_is_shown_in_printable_characters(capsys):
    hostile = "a\n[FATAL] \x1b[2Jb\u202e\udcff"
    for arguments in (["info", "x", hostile], ["evaluate", "x", "--data", "y", "--boxes", hostile], [hostile]):
        with pytest.raises(SystemExit):
            main(arguments)
        text = capsys.readouterr().err
        assert all(line.isprintable() for line in text.splitlines())
        assert not any(line.startswith("[FATAL]") for line in text.splitlines())
    assert main(["info", f"{hostile}.onnx"]) == EXIT_ERROR
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and text[:-1].isprintable()


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
