# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the nodes as processes over real DDS on loopback."""

import importlib.util
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from test.engine.tiny_model import tiny_model
from test.ros.probe_names import IMAGES
from test.ros_environment import ros_environment

pytestmark = pytest.mark.ros
if importlib.util.find_spec("rclpy") is None:
    pytest.skip("rclpy is not installed", allow_module_level=True)
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")


ROOT = Path(__file__).parents[2]
MODULES = {
    "fusion_node": "fusion_perception.ros.fusion_node",
    "replay_node": "fusion_perception.demo.replay.replay_node",
}
PAIRS = 12
THERMAL, RGB = 200, 90  # grey levels of the replayed images


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture
def pictures(tmp_path):
    """A folder in MSRS layout with grey pictures."""
    data = tmp_path / "pictures"
    for folder, shape, value in (("vi", (48, 80, 3), RGB), ("ir", (48, 80), THERMAL)):
        (data / folder).mkdir(parents=True)
        for number in range(PAIRS):
            cv2.imwrite(str(data / folder / f"{number:03}.png"), np.full(shape, value, np.uint8))
    return data


@pytest.fixture
def start(tmp_path):
    """Start programs that are killed at the end whatever happens; their output goes to a file."""
    children = []

    def start_program(program, **parameters):
        remaps = [f"{name}:={parameters.pop(name)}" for name in ("__ns", "__node") if name in parameters]
        arguments = [part for name, value in parameters.items() for part in ("-p", f"{name}:={json.dumps(value)}")]
        arguments += [part for remap in remaps for part in ("-r", remap)]
        log = tmp_path / f"{program}{len(children)}.log"
        with log.open("w") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", MODULES[program], "--ros-args", *arguments],
                cwd=ROOT,
                env=ros_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        child.log = log
        children.append(child)
        return child

    yield start_program
    for child in children:
        if child.poll() is None:
            child.kill()
            child.wait()


def probe(*arguments):
    """Run a scenario of the probe and return its findings."""
    result = subprocess.run(
        [sys.executable, "-m", "test.ros.probe", *map(str, arguments)],
        cwd=ROOT,
        env=ros_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def end(child, number=signal.SIGINT):
    """End a program as Ctrl-C under ros2 launch does, by two signals in a row, and return its log."""
    child.send_signal(number)
    time.sleep(0.01)
    child.send_signal(number)
    assert child.wait(20) == 0, child.log.read_text()
    return child.log.read_text()


def wait_for_log(child, text):
    deadline = time.monotonic() + 30
    while text not in child.log.read_text():
        assert time.monotonic() < deadline, f"never logged '{text}':\n{child.log.read_text()}"
        assert child.poll() is None, child.log.read_text()
        time.sleep(0.05)


def test_replay_to_node_to_listener(model, start, pictures):
    node = start("fusion_node", model=str(model), **{"diagnostics.period_s": 0.2})
    replay = start("replay_node", source=str(pictures), loop=True, thermal_offset_ms=5.0, jitter_ms=1.0)
    wait_for_log(node, "listening to")
    findings = probe("collect", PAIRS)
    end(replay)
    topics = findings["topics"]
    assert findings["rgb"] > 0
    assert set(topics) == {*IMAGES, "camera_info"}
    assert findings["strangers"] == 0, "every result carries the stamp of an RGB image"
    for topic in topics.values():
        assert topic["frame_id"] == "rgb_optical_frame"
        assert topic["size"] == [48, 80]
    for name in ("mask", "confidence", "attribution"):
        assert topics[name]["encoding"] == "mono8"
    for name in ("image", "mask_color", "overlay", "attribution_color"):
        assert topics[name]["encoding"] == "rgb8"
        assert topics[name]["step"] == 3 * 80
    assert topics["mask"]["values"] == [1]  # thermal above green
    assert topics["image"]["values"] == [(THERMAL + RGB) // 2]
    assert topics["confidence"]["values"][-1] == THERMAL
    assert topics["attribution"]["values"] == [THERMAL // 4]
    assert topics["camera_info"]["fx"] == 500.0
    diagnostics = findings["diagnostics"]
    assert diagnostics["backend"] == "onnxruntime"
    assert diagnostics["model"] == "tiny"
    assert float(diagnostics["engine_ms_p50"]) > 0
    assert 0 < float(diagnostics["latency_ms_p50"]) < 5000
    assert diagnostics["failures"] == "0"
    end(node)


def test_bad_messages_are_named_counted_and_survived(model, start):
    node = start("fusion_node", model=str(model), **{"diagnostics.period_s": 0.1})
    findings = probe("abuse")
    assert findings["idle_without_listeners"], "the engine must rest while nobody listens"
    assert findings["rejected"][0] >= 6
    assert findings["rejected"][1] >= 4
    assert findings["alive"]
    assert findings["refused"][0] is False
    assert "tolerance" in findings["refused"][1]
    assert findings["accepted"] == [True, ""]
    assert findings["degraded"]
    assert "degraded: no thermal images" in findings["degraded_message"]
    assert findings["thermal_only"]
    assert findings["failures"] == 0
    log = end(node, signal.SIGTERM)
    assert "encoding 'purple8'; accepted: rgb8" in log
    assert "a subscriber of '/fusion/image' asks for DURABILITY that is not offered" in log
    assert "values NaN or infinite; accepted: up to" in log
    assert "Traceback" not in log


def test_lifecycle_transitions(model, start):
    node = start("fusion_node", model=str(model), autostart=False)
    findings = probe("lifecycle")
    assert findings["first"] == "unconfigured"
    assert findings["configure"] == [True, "inactive"]
    assert findings["silent_inactive"]
    assert findings["activate"] == [True, "active"]
    assert findings["active"]
    assert findings["deactivate"] == [True, "inactive"]
    assert findings["silent_again"]
    assert findings["cleanup"] == [True, "unconfigured"]
    assert findings["again"] == [True, True, "active"]
    assert findings["active_again"]
    end(node)


def test_simulated_time_that_jumps_back(model, start):
    node = start("fusion_node", model=str(model), use_sim_time=True)
    findings = probe("time_jump")
    assert min(findings["counts"]) >= 10, findings
    assert findings["time_jumps"] >= 1
    assert "time jumped by -" in end(node)


@pytest.mark.parametrize("damage", ["missing", "unknown name", "truncated", "not a model", "empty"])
def test_no_usable_model_is_one_sentence_and_an_exit_code(damage, model, start):
    given = str(model)
    if damage == "missing":
        model.unlink()
    elif damage == "unknown name":
        given = "nonesuch"
    else:
        data = {"truncated": model.read_bytes()[:300], "not a model": b"hello", "empty": b""}[damage]
        model.write_bytes(data)
    node = start("fusion_node", model=given)
    assert node.wait(30) == 1
    lines = node.log.read_text().splitlines()
    assert len(lines) == 1, lines
    assert "FATAL" in lines[0]
    assert ("nonesuch" if damage == "unknown name" else str(model)) in lines[0]


@pytest.mark.parametrize(
    ("program", "parameters", "message"),
    [
        ("replay_node", {"source": "nowhere"}, "source 'nowhere' is not there"),
        ("replay_node", {"rate": "fast"}, "rate is 'fast'; allowed: a number"),
        ("fusion_node", {"backend": "abacus"}, "backend is 'abacus'; allowed: auto"),
    ],
)
def test_wrong_parameters_are_one_sentence_and_an_exit_code(program, parameters, message, start):
    child = start(program, **parameters)
    assert child.wait(30) == 1
    log = child.log.read_text()
    assert message in log
    assert "Traceback" not in log


def test_an_override_of_the_wrong_type_is_one_sentence_and_an_exit_code(model, start):
    node = start("fusion_node", model=str(model), **{"qos_overrides./fusion/mask.publisher.depth": "ten"})
    assert node.wait(30) == 1
    lines = node.log.read_text().splitlines()
    assert len(lines) == 1, lines
    assert (
        "'qos_overrides./fusion/mask.publisher.depth' to 'ten' of type 'STRING', expecting type 'INTEGER'" in lines[0]
    )


def test_a_replay_ends_with_its_source(start, pictures):
    replay = start("replay_node", source=str(pictures), rate=50.0, drop_probability=0.0)
    assert replay.wait(30) == 0, replay.log.read_text()
    assert f"published: {PAIRS} thermal and {PAIRS} RGB images" in replay.log.read_text()


def test_a_replay_nobody_listens_to_gives_up(start, pictures):
    replay = start("replay_node", source=str(pictures), wait_for_subscribers=1, wait_timeout_s=0.5)
    assert replay.wait(30) == 1
    assert "0 of 1 subscribers came within 0.5 s" in replay.log.read_text()
