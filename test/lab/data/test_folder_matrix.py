# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/folders.md says of kinds of folders and verbs is what happens."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")
pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from fusion_perception.processing import local_run
from test.kind_table import run_here
from test.lab.data.folder_matrix import TABLE
from test.lab.data.released import KINDS

DOCUMENT = Path(__file__).parents[3] / "docs" / "folders.md"


def test_every_kind_has_its_row():
    rows = TABLE.rows(DOCUMENT)
    assert [line.split(" | ")[0][2:] for line in rows] == [kind.name for kind in KINDS]
    assert len(rows) >= 40


@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.name for kind in KINDS])
def test_a_row_is_true(number, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(local_run, "run_local", run_here)
    assert TABLE.row(KINDS[number], tmp_path, lambda: capsys.readouterr().err) == TABLE.rows(DOCUMENT)[number]
