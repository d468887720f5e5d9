# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The whole demonstration: three processes over a real DDS, and everything they leave behind."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.cli.main import EXIT_ERROR, EXIT_INTERRUPTED, main
from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.demo.run import DemoSettings, _commands
from fusion_perception.ros.parameter_spec import checked, defaults
from fusion_perception.ros.parameters import FUSION_PARAMETERS

from .toy_model import HEIGHT, WIDTH, write_toy_model

for name in ("rclpy", "av", "onnx", "onnxruntime"):
    pytest.importorskip(name, reason=f"{name} is not installed (make test installs it)")
AnyReader = pytest.importorskip(
    "rosbags.highlevel", reason="rosbags is not installed (make test installs it)"
).AnyReader

from fusion_perception.demo.recorder.result_recorder import RECORDER_PARAMETERS  # noqa: E402 - needs rclpy
from test.bags.make_bag import THERMAL, noisy_messages, write_mcap  # noqa: E402 - needs rosbags

pytestmark = [pytest.mark.ros, pytest.mark.slow]
PAIRS = 20
OUTPUTS = ("contact.png", "fused.mp4", "output.mcap", "recording.json", "report.html", "summary.json")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_toy_model(tmp_path_factory.mktemp("model") / "toy.onnx")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Pairs in the layout of MSRS: a warm square moves over a dark street."""
    folder = tmp_path_factory.mktemp("data")
    for kind in ("vi", "ir"):
        (folder / kind).mkdir()
    for number in range(PAIRS):
        thermal = np.full((HEIGHT, WIDTH), 20, np.uint8)
        thermal[10:30, number : number + 12] = 220
        rgb = np.random.default_rng(number).integers(20, 100, (HEIGHT, WIDTH, 3), np.uint8)  # alive, as cameras are
        cv2.imwrite(str(folder / "ir" / f"{number:03d}.png"), thermal)
        cv2.imwrite(str(folder / "vi" / f"{number:03d}.png"), rgb[..., ::-1])
    return folder


def command(model, data, out, *more):
    return ["demo", "--model", str(model), "--data", str(data), "--out", str(out), *more]


def children_of(parent):
    """Process ids of the children, from /proc: ps is not everywhere."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def test_the_demonstration_leaves_everything_it_promises(model, data, tmp_path, capsys):
    out, picture = tmp_path / "out with a blank", tmp_path / "run.webp"
    mine = [out / "frames" / "holiday.jpg", out / ".bag-of-mine" / "ticket.txt", out / "log" / "diary.txt"]
    for path in mine:
        path.parent.mkdir(parents=True)
        path.write_text("mine")
    moving = ("--picture", str(picture)) if hasattr(cv2, "imencodeanimation") else ()  # OpenCV from 4.12 on
    assert main(command(model, data, out, "--rate", "10", "--attribution-rate", "0", *moving)) == 0
    printed = capsys.readouterr().out
    summary = json.loads((out / "summary.json").read_text())
    assert summary["replayed"] == [PAIRS, PAIRS]
    assert summary["pairs_published"] == PAIRS
    assert summary["pairs_matched"] == PAIRS
    assert 1 <= summary["results_published"] <= PAIRS
    assert summary["results_published"] + summary["dropped"] == PAIRS
    assert 0 < summary["latency_ms"]["p50"] <= summary["latency_ms"]["p95"] <= summary["latency_ms"]["max"] < 60_000
    assert summary["engine_ms"]["p50"] > 0
    assert summary["model"] == "toy"
    assert summary["backend"].startswith("onnxruntime")
    assert "every pair was matched" in printed or "gave no result" in printed
    assert f"open {out / 'report.html'}" in printed

    with AnyReader([out / "output.mcap"]) as bag:
        counts = {connection.topic: connection.msgcount for connection in bag.connections}
        masks = [c for c in bag.connections if c.topic == "/fusion/mask"]
        _, _, raw = next(bag.messages(connections=masks))
        mask = bag.deserialize(raw, "sensor_msgs/msg/Image")
    assert counts["/fusion/image"] == counts["/fusion/mask"] == summary["results_recorded"] == summary["bag_results"]
    assert counts["/diagnostics"] > 0
    pixels = np.asarray(mask.data).reshape(HEIGHT, WIDTH)
    assert (mask.encoding, sorted(np.unique(pixels))) == ("mono8", [0, 2])
    assert mask.header.frame_id == "rgb_optical_frame"

    sheet = cv2.imread(str(out / "contact.png"))
    assert sheet.shape[1] > 5 * 320
    video = cv2.VideoCapture(str(out / "fused.mp4"))
    assert int(video.get(cv2.CAP_PROP_FRAME_COUNT)) == summary["results_recorded"]
    if moving:
        assert len(cv2.imreadanimation(str(picture))[1].frames) == (summary["results_recorded"] + 1) // 2
        assert f"the moving picture is {picture}" in printed
    assert (out / "report.html").stat().st_size > 10_000
    assert [path.read_text() for path in mine] == ["mine"] * 3
    assert sorted(path.name for path in out.iterdir()) == sorted([".bag-of-mine", "frames", "log", *OUTPUTS]), (
        "something unfinished was left behind"
    )
    assert sorted(summary["files"]) == sorted(OUTPUTS)
    for pid in summary["processes"].values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_bag_with_one_camera_is_played(model, tmp_path, capsys):
    images = [message for message in noisy_messages(40) if message[0] == THERMAL]
    out = tmp_path / "out"
    assert main(command(model, write_mcap(tmp_path / "bag", images), out, "--thermal-topic", THERMAL)) == 0
    assert "one camera: " in capsys.readouterr().out
    summary = json.loads((out / "summary.json").read_text())
    assert summary["replayed"] == [40, 0]
    assert summary["pairs_published"] == 40
    assert summary["results_published"] > 0
    assert (out / "fused.mp4").is_file()


def test_a_node_that_cannot_start_is_explained_in_one_line(model, data, tmp_path, capsys):
    arguments = command(model, data, tmp_path, "--backend", "abacus")
    assert main(arguments) == EXIT_ERROR
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "backend is 'abacus'; allowed: auto" in error
    assert not (tmp_path / "summary.json").exists()


def test_ctrl_c_ends_every_process(model, data, tmp_path):
    demo = subprocess.Popen(
        [sys.executable, "-m", "fusion_perception.cli", *command(model, data, tmp_path, "--rate", "0.5")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not any("listening to" in log.read_text() for log in tmp_path.glob(".demo-*/log/fusion.log")):
            assert demo.poll() is None, demo.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        children = children_of(demo.pid)
        assert len(children) == 3
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == EXIT_INTERRUPTED
        assert demo.stderr.read() == "fusion-perception demo: interrupted\n"
    finally:
        demo.kill()
        demo.wait()
        demo.stderr.close()
    for pid in children:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert "listening to" in (tmp_path / "log" / "fusion.log").read_text()


@pytest.mark.slow
def test_a_camera_that_stands_still_is_named(model, data, tmp_path):
    """The source has pairs for several seconds: the camera is told when it has stood still for 0.7 s."""
    out = tmp_path / "out"
    arguments = ["demo", "--model", str(model), "--out", str(out), "--rate", "10", "--pairs", "45"]
    assert main([*arguments, "--freeze", "thermal"]) == 0
    warnings = " ".join(json.loads((out / "summary.json").read_text())["warnings"])
    assert "thermal" in warnings and "stand" in warnings
    assert "thermal" in (out / "report.html").read_text()


def test_what_is_decoded_ahead_does_not_depend_on_the_length_of_the_source(tmp_path):
    bounds = set()
    for expected in (10, 10_000):
        replay = _commands(DemoSettings(out=tmp_path), tmp_path, tmp_path / "a.onnx", expected)["replay"]
        bounds |= {argument for argument in replay if argument.startswith("look_ahead_mb:=")}
    (bound,) = bounds
    drive = 120 * 480 * 640 * 4
    assert drive <= int(bound.partition(":=")[2]) * 1_000_000 < 2 * drive, "the synthetic drive, and not much more"


def test_every_parameter_that_is_set_is_one_of_the_node(tmp_path):
    tables = {"recorder": RECORDER_PARAMETERS, "fusion": FUSION_PARAMETERS, "replay": REPLAY_PARAMETERS}
    for name, arguments in _commands(DemoSettings(out=tmp_path), tmp_path, tmp_path / "a.onnx", 10).items():
        given = [word.partition(":=") for before, word in pairwise(arguments) if before == "-p"]
        assert given
        checked({**defaults(tables[name]), **{key: json.loads(value) for key, _, value in given}}, tables[name])
        assert {key for key, _, _ in given} <= {spec.name for spec in tables[name]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "no-such-model"], "there is no model named 'no-such-model'"),
        (["--data", "no/such/folder"], "there is no 'no/such/folder'"),
        (["--picture", "run.gif"], "give a name that ends in .webp"),
        (["--picture", "."], "cannot write .: it is a folder"),
    ],
)
def test_what_is_missing_is_said_before_anything_starts(arguments, words, model, tmp_path, capsys):
    assert main(["demo", "--model", str(model), "--out", str(tmp_path / "out"), *arguments]) == EXIT_ERROR
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
