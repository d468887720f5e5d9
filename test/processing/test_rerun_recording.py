# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a processed bag as a recording for Rerun: every image of it, at the stamps of the pairs."""

from collections import Counter
from pathlib import Path

import pytest

from fusion_perception.bags.rerun_file import ATTRIBUTION, FUSED, MASK, RERUN_FILE, RGB, THERMAL, TIMES
from fusion_perception.cli.main import main
from fusion_perception.processing.job import shares
from fusion_perception.processing.pair_figures import PAIRS
from fusion_perception.processing.rerun_recording import write_rerun
from fusion_perception.processing.results_folder import begin, complete
from fusion_perception.processing.share_run import run_share


def done(job):
    begin(job)
    complete(job, [run_share(share) for share in shares(job, 1)])
    return Path(job.out)


ALL = ("fusion/image", "fusion/mask", "fusion/attribution")


@pytest.mark.parametrize("topics", [ALL, ("fusion/image/compressed",)])
def test_what_was_written_is_in_the_recording_at_its_stamps(job, topics):
    pytest.importorskip("rerun", reason="rerun-sdk is not installed")
    reading = pytest.importorskip("rerun.chunk", reason="this rerun-sdk has no reader of chunks")
    made = job(limit=5, topics=topics)
    folder = done(made)
    document = PAIRS.read_file(folder / "pairs.json")
    told = []
    write_rerun(folder, made, document, lambda number, count: told.append((number, count)))
    assert told[-1] == (5, 5)
    rows, stamps = Counter(), {}
    for chunk in reading.RrdReader(folder / RERUN_FILE).stream().to_chunks():
        if not chunk.is_static and chunk.timeline_names == ["stamp"]:
            rows[chunk.entity_path.lstrip("/")] += chunk.num_rows
            column = chunk.to_record_batch().column("stamp").cast("int64").to_pylist()
            stamps.setdefault(chunk.entity_path.lstrip("/"), []).extend(column)
    expected = [THERMAL, RGB, FUSED, TIMES, *([MASK, ATTRIBUTION] if len(topics) > 1 else [])]
    assert {entity: rows[entity] for entity in expected} == dict.fromkeys(expected, 5)
    assert (MASK in rows) == (len(topics) > 1)
    for entity in expected:
        assert sorted(stamps[entity]) == [pair.stamp_ns for pair in document.pairs], entity


def test_without_the_package_nothing_is_begun(monkeypatch, bag, tmp_path, capsys):
    monkeypatch.setitem(__import__("sys").modules, "rerun", None)
    assert main(["process", str(bag), "--out", str(tmp_path / "out"), "--rerun"]) == 2
    assert "pip install 'fusion_perception[rerun]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
