# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``process`` from the command line, killed and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from fusion_perception.cli.main import main
from fusion_perception.cli.process import result_names
from test.bags.make_bag import plain_bag
from test.demo.toy_model import write_toy_model


@pytest.fixture
def given(tmp_path):
    """Arguments for a bag of two files of results."""
    model = write_toy_model(tmp_path / "toy.onnx")
    bag = plain_bag(tmp_path / "drive", 70, np.uint16)
    return ["process", str(bag), "--model", str(model), "--backend", "onnxruntime", "--no-film"]


def results(folder):
    return {path.name: path.read_bytes() for path in (folder / "drive").glob("*.mcap")}


def test_killed_in_the_middle_and_started_again(given, tmp_path, capsys):
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    assert main([*given, "--out", str(straight), "--jobs", "1"]) == 0
    assert "70 pairs" in capsys.readouterr().out
    command = [sys.executable, "-m", "fusion_perception.cli", *given, "--out", str(killed), "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not list(killed.glob("drive/*.mcap")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert results(killed).keys() >= {"drive_0.mcap"}
    while main([*given, "--out", str(killed), "--jobs", "1"]) != 0 and time.monotonic() < deadline:
        time.sleep(0.5)  # the worker that lost its parent is still ending
    assert results(killed) == results(straight)
    assert main([*given, "--out", str(killed)]) == 0
    assert "done before, 70 pairs" in capsys.readouterr().out


def test_failures_are_told_at_the_end_and_the_rest_is_done(given, tmp_path, capsys):
    (tmp_path / "bad.mcap").write_bytes(b"nonsense")
    (tmp_path / "params.yaml").write_text("fusion_node:\n  ros__parameters:\n    sync.thermal_offset_ms: -3.0\n")
    given += ["--params", str(tmp_path / "params.yaml")]
    bags = [str(tmp_path / name) for name in ("bad.mcap", "drive", "nothing")]
    assert main(["process", *bags, *given[2:], "--out", str(tmp_path / "out"), "--limit", "3"]) == 2
    streams = capsys.readouterr()
    assert "bad.mcap cannot be opened as a bag" in streams.err
    assert "there is no bag" in streams.err
    assert (tmp_path / "out" / "drive" / "summary.json").is_file()
    settings = json.loads((tmp_path / "out" / "drive" / "job.json").read_text())["settings"]
    assert (settings["thermal_offset_ms"], settings["limit"]) == (-3.0, 3)


def test_results_of_bags_of_the_same_name_do_not_meet(tmp_path):
    bags = [tmp_path / "a" / "drive", tmp_path / "b" / "drive", tmp_path / "drive.mcap", tmp_path / "x.db3.zstd"]
    for bag in bags[:2]:
        bag.mkdir(parents=True)
    assert result_names(bags) == ["drive", "drive-2", "drive-3", "x"]
