# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the folder of a run: nothing of the user's is deleted, nothing unfinished is left."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fusion_perception.demo.workspace import Workspace
from fusion_perception.errors import DataError

OUTPUTS = ("summary.json", "contact.png", "report.html")


def snapshot(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def holiday(tmp_path):
    """A user's folder with things that happen to be named like ours."""
    for name in ("frames/000.jpg", ".bag-of-mine/ticket.txt", ".demo-mine/a.txt", "log/mine.log", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"mine: {name}")
    return tmp_path


def test_what_is_in_the_folder_stays(holiday):
    before = snapshot(holiday)
    with Workspace(holiday, OUTPUTS) as workspace:
        (workspace.folder / "frames").mkdir()
        (workspace.folder / "frames" / "000.jpg").write_text("ours")
        (workspace.folder / "summary.json").write_text("{}")
        (workspace.logs / "node.log").write_text("hello")
        assert workspace.publish() == ["summary.json"]
    after = snapshot(holiday)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"summary.json", "log/node.log"}


def test_a_run_that_fails_leaves_the_results_before_it_and_its_log(holiday):
    (holiday / "report.html").write_text("of yesterday")
    before = snapshot(holiday)
    with pytest.raises(ZeroDivisionError), Workspace(holiday, OUTPUTS) as workspace:
        (workspace.folder / "report.html").write_text("half a rep")
        (workspace.logs / "node.log").write_text("why")
        raise ZeroDivisionError
    after = snapshot(holiday)
    assert after.pop("log/node.log") == b"why"
    assert after == before


def test_a_new_folder_goes_when_nothing_came_of_it(tmp_path):
    with pytest.raises(ZeroDivisionError), Workspace(tmp_path / "new", OUTPUTS):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_files_of_the_run_before_that_were_not_made_again_go(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    for made in (["summary.json", "contact.png"], ["summary.json"]):
        with Workspace(tmp_path, OUTPUTS) as workspace:
            for name in made:
                (workspace.folder / name).write_text(json.dumps({"files": [*made, "notes.txt", "../x", 5, None]}))
            assert workspace.publish() == made
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt", "summary.json"]


@pytest.mark.parametrize("text", ["[]", "{", '{"files": 3}', '{"files": null}', "\x00"])
def test_a_summary_of_another_origin_says_nothing(tmp_path, text):
    (tmp_path / "summary.json").write_text(text)
    (tmp_path / "contact.png").write_text("mine")
    with Workspace(tmp_path, OUTPUTS) as workspace:
        (workspace.folder / "report.html").write_text("new")
        workspace.publish()
    assert (tmp_path / "contact.png").read_text() == "mine"


def test_two_runs_do_not_share_a_folder(tmp_path):
    message = r"another demonstration writes to .*; wait .* or give another folder"
    with Workspace(tmp_path, OUTPUTS), pytest.raises(DataError, match=message):
        Workspace(tmp_path, OUTPUTS).__enter__()
    with Workspace(tmp_path, OUTPUTS):
        pass


def test_a_run_that_was_killed_holds_no_lock_and_what_it_left_is_named(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from fusion_perception.demo.workspace import Workspace\n"
        f"Workspace(Path({str(tmp_path)!r}), ()).__enter__(); print('in', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "in\n"
        with pytest.raises(DataError, match="another demonstration"):
            Workspace(tmp_path, OUTPUTS).__enter__()
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    with Workspace(tmp_path, OUTPUTS) as workspace:
        (left,) = workspace.left_by_others()
        assert left.name.startswith(".demo-")
    assert left.is_dir()


@pytest.mark.parametrize("name", ["summary.json", "report.html"])
def test_a_folder_in_the_place_of_a_file_is_refused_before_the_work(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(DataError, match="it is a folder; give another place"):
        Workspace(tmp_path, OUTPUTS).__enter__()
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("target", ["file", "file/below", "log"])
def test_a_place_that_cannot_be_a_folder_is_one_sentence(tmp_path, target):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "log").write_text("mine")
    before = snapshot(tmp_path)
    with pytest.raises(DataError, match=r"^cannot write .*(give another place|check the path)$"):
        Workspace(tmp_path / target, OUTPUTS).__enter__()
    assert snapshot(tmp_path) == before


def test_a_disk_that_is_full_already_is_told_at_once(tmp_path):
    code = (
        "import resource; from pathlib import Path; from fusion_perception.demo.workspace import Workspace\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        f"Workspace(Path({str(tmp_path / 'out')!r}), ()).__enter__()"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert time.monotonic() - started < 30
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_files_can_be_read_by_others_as_those_of_any_program(tmp_path):
    with Workspace(tmp_path, OUTPUTS) as workspace:
        (workspace.folder / "report.html").write_text("page")
        workspace.publish()
    (tmp_path / "usual").write_text("")
    assert (tmp_path / "report.html").stat().st_mode == Path(tmp_path / "usual").stat().st_mode
