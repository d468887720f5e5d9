# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/bags.md says of kinds of bags and verbs is what happens."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from fusion_perception.processing import local_run
from test.bags.kinds import KINDS
from test.bags.matrix import TABLE
from test.kind_table import run_here

DOCUMENT = Path(__file__).parents[2] / "docs" / "bags.md"


def test_every_kind_has_its_row():
    rows = TABLE.rows(DOCUMENT)
    assert [line.split(" | ")[0][2:] for line in rows] == [kind.name for kind in KINDS]
    assert len(rows) >= 40


@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.name for kind in KINDS])
def test_a_row_is_true(number, tmp_path, capsys, monkeypatch):
    kind = KINDS[number]
    if kind.needs and importlib.util.find_spec(kind.needs) is None:
        pytest.skip(f"{kind.needs} is not installed")
    monkeypatch.setattr(local_run, "run_local", run_here)
    assert TABLE.row(kind, tmp_path, lambda: capsys.readouterr().err) == TABLE.rows(DOCUMENT)[number]
