# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A place that cannot be written to is named before the work."""

import os

import pytest

from fusion_perception.cli.main import main
from fusion_perception.cli.output_paths import check_file, check_folder
from fusion_perception.errors import DataError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_text("kept")
    return path


def test_files(tmp_path, file):
    check_file(file)
    check_file(tmp_path / "new.json", make_folders=False)
    check_file(tmp_path / "new" / "new.json")
    with pytest.raises(DataError, match="it is a folder; give the name of a file"):
        check_file(tmp_path)
    with pytest.raises(DataError, match=r"there is no folder .*new; make it first"):
        check_file(tmp_path / "new" / "new.json", make_folders=False)
    with pytest.raises(DataError, match="file is a file; give another place"):
        check_file(file / "new" / "new.json")
    with pytest.raises(DataError, match="name too long"):
        check_file(tmp_path / ("x" * 300))
    assert file.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [file]


def test_folders(tmp_path, file):
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "new")
    with pytest.raises(DataError, match="it is a file; give the name of a folder"):
        check_folder(file)
    with pytest.raises(DataError, match="there is no folder"):
        check_folder(tmp_path / "new" / "new", make_folders=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission(tmp_path, file):
    file.chmod(0o400)
    with pytest.raises(DataError, match=r"no permission for .*file"):
        check_file(file)
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="no permission for"):
        check_folder(tmp_path / "new")
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    "command",
    [
        "evaluate max --data missing --json {folder}",
        "evaluate max --data missing --report {file}",
        "bench missing --json {folder}",
        "bench missing --json {file}/bench.json",
        "export missing --out {folder}",
        "build {model} --cache-dir {file}",
        "compare --data missing --out {file}",
        "train realtime --out {file}",
    ],
)
def test_every_verb_looks_first(command, tmp_path, file, capsys):
    words = command.split()
    if words[0] in {"compare", "train", "export"}:
        pytest.importorskip("torch", reason="the verb needs it")
    if words[0] == "build":
        pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
        from test.engine.tiny_model import tiny_model

        (tmp_path / "tiny.onnx").write_bytes(tiny_model())
    places = {"folder": tmp_path, "file": file, "model": tmp_path / "tiny.onnx"}
    assert main([word.format(**places) for word in words]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert file.read_text() == "kept"
