# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of recordings for Rerun: read again by the library's own reader, with the stamps as the only time."""

import os
import subprocess
import sys

import numpy as np
import pytest

from fusion_perception.bags import rerun_file
from fusion_perception.bags.rerun_file import RerunFile, check_rerun
from fusion_perception.errors import BackendError
from fusion_perception.health import MapShares, RunEvent
from fusion_perception.labels import LabelSet

LABELS = LabelSet("two", ("road", "a/<b> car"), ((0, 0, 0), (250, 10, 20)))
STAMP = 1_700_000_000_123_456_789

WRITE = """
import sys
import numpy as np
from fusion_perception.bags.rerun_file import RGB, RerunFile
from fusion_perception.labels import PST5
with RerunFile(__import__("pathlib").Path(sys.argv[1]), PST5, "x", ("a",)) as file:
    file.add_image(RGB, 5, np.zeros((8, 8, 3), np.uint8))
"""


def write(path):
    with RerunFile(path, LABELS, "drive", ("whole pair", "engine")) as file:
        for number in range(3):
            stamp = STAMP + number * 10**8
            file.add_image(rerun_file.RGB, stamp, np.full((30, 40, 3), 90, np.uint8))
            file.add_image(rerun_file.THERMAL, stamp, np.full((30, 40), 90, np.uint8))
            file.add_mask(stamp, np.full((30, 40), number % 2, np.uint8))
            file.add_times(stamp, (20.5, 9.25))
            file.add_offset(stamp, -3.0)
            shares = MapShares((0.75, 0.25), (None, 0.5 if number else None), {"thermal": 0.1, "rgb": 0.2})
            file.add_shares(stamp, shares)
        file.add_event(RunEvent(STAMP, "warning", "too\ndark"))
    return path


@pytest.fixture(scope="module")
def chunks(tmp_path_factory):
    """What is in a recording: entity -> rows (dictionaries), by the reader of the library."""
    pytest.importorskip("rerun", reason="rerun-sdk is not installed")
    reading = pytest.importorskip("rerun.chunk", reason="this rerun-sdk has no reader of chunks")
    path = write(tmp_path_factory.mktemp("rerun") / "recording.rrd")
    found = {}
    for chunk in reading.RrdReader(path).stream().to_chunks():
        found.setdefault(chunk.entity_path.lstrip("/"), []).extend(rows_of(chunk.to_record_batch()))
    return found


def rows_of(batch):
    """Rows of a table as dictionaries; times are whole nanoseconds."""
    names = batch.schema.names
    times = [batch.schema.field(name).type == "timestamp[ns]" for name in names]
    columns = [batch.column(k).cast("int64") if time else batch.column(k) for k, time in enumerate(times)]
    return [dict(zip(names, values, strict=True)) for values in zip(*(c.to_pylist() for c in columns), strict=True)]


def column(rows, ending):
    return [value for row in rows for name, value in row.items() if name.endswith(ending)]


def test_every_image_is_there_at_its_stamp_and_at_no_other_time(chunks):
    for entity in (rerun_file.RGB, rerun_file.THERMAL):
        rows = chunks[entity]
        assert len(rows) == 3
        assert sorted(column(rows, "stamp")) == [STAMP + number * 10**8 for number in range(3)]
        assert not [name for row in rows for name in row if name in ("log_time", "log_tick")]
        assert all(bytes(blob[0])[:2] == b"\xff\xd8" for blob in column(rows, ":blob")), "JPEG"


def test_masks_keep_their_ids_and_classes_have_names_and_colours(chunks):
    rows = chunks[rerun_file.MASK]
    context = str(column(rows, ":context"))
    assert "a/<b> car" in context and "road" in context and str(0xFA0A14FF) in context
    buffers = [bytes(buffer[0]) for buffer in column(rows, ":buffer") if buffer]
    assert [set(buffer) for buffer in buffers] == [{0}, {1}, {0}] and len(buffers[0]) == 30 * 40


def test_figures_are_series_with_names(chunks):
    assert column(chunks[rerun_file.TIMES], ":names")[0] == ["whole pair", "engine"]
    assert [v for v in column(chunks[rerun_file.TIMES], ":scalars") if v] == [[20.5, 9.25]] * 3
    assert column(chunks[rerun_file.CLASS_SHARES], ":names")[0] == ["a/<b> car"]
    assert [v for v in column(chunks[rerun_file.CLASS_SHARES], ":scalars") if v] == [[0.25]] * 3
    thermal = [v[0] for v in column(chunks[rerun_file.CLASS_THERMAL], ":scalars") if v]
    assert np.isnan(thermal[0]) and thermal[1:] == [0.5, 0.5]
    assert [v for v in column(chunks[rerun_file.REVERSED], ":scalars") if v] == [[0.1, 0.2]] * 3
    assert [v for v in column(chunks[rerun_file.OFFSET], ":scalars") if v] == [[-3.0]] * 3
    assert column(chunks[rerun_file.EVENTS], ":text") == [[r"warning: too\ndark"]]


def test_writing_starts_no_viewer_and_counts_no_usage(tmp_path):
    pytest.importorskip("rerun", reason="rerun-sdk is not installed")
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home)}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "RERUN"):
        environment.pop(name, None)
    path = tmp_path / "x.rrd"
    subprocess.run([sys.executable, "-c", WRITE, path], check=True, env=environment, capture_output=True, timeout=300)
    assert path.stat().st_size > 500
    assert not [item for item in home.rglob("*") if item.is_file()], "what counts usage writes its identity there"


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(BackendError, match=r"needs the package 'rerun'.*pip install 'fusion_perception\[rerun\]'"):
        check_rerun()


def test_another_package_of_the_same_name_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", sys)
    with pytest.raises(BackendError, match=r"'rerun' is another package or an older version; install it with"):
        check_rerun()
