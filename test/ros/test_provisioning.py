# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A node that only builds: in the test's process, and as the program that launch starts."""

import importlib.util
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from rclpy.executors import SingleThreadedExecutor

from fusion_perception.errors import BackendError, FusionPerceptionError
from fusion_perception.ros import provisioning
from fusion_perception.ros.spin import spin_until
from test.ros_environment import ros_environment

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[2]


@pytest.fixture
def building(make, ros, monkeypatch):
    """Run a node with ``build_only`` until it is done; returns the node, the builds that were asked for."""
    calls = []

    def run(error=None, **parameters):
        def build(model, backend, log, **options):
            calls.append((model, backend, options))
            if error is not None:
                raise error

        monkeypatch.setattr(provisioning, "build_plans", build)
        monkeypatch.setattr(provisioning, "find_model", lambda name: f"/models/{name}.onnx")
        node = make(build_only=True, **parameters)
        node.start()
        executor = SingleThreadedExecutor(context=ros)
        executor.add_node(node)
        spin_until(node.done, executor, lambda failure: pytest.fail(str(failure)))
        executor.remove_node(node)
        return node, calls

    return run


def test_it_builds_what_its_parameters_say_and_is_done(building):
    node, calls = building(model="quality", backend="tensorrt-rtx", **{"attribution.enabled": False})
    node.close()
    assert calls == [("/models/quality.onnx", "tensorrt-rtx", {"attribution": False, "device_id": 0})]
    assert node.parts.engine is None


def test_what_went_wrong_comes_out_at_the_end(building):
    node, _ = building(error=BackendError("no GPU here"))
    with pytest.raises(BackendError, match="no GPU here"):
        node.close()
    node._provisioning._failure = None
    node._provisioning._ended = True  # so that the fixture can close it again


def test_a_build_that_is_stopped_is_no_success(make, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(provisioning, "build_plans", lambda *_, **__: go_on.wait(60))
    monkeypatch.setattr(provisioning, "find_model", str)
    node = make(build_only=True)
    node.start()
    with pytest.raises(FusionPerceptionError, match="stopped before all was built; start it again with build_only"):
        node.close()
    go_on.set()
    node._provisioning._thread.join()


def test_without_it_nothing_is_built(make):
    node = make()
    assert node.done is None
    node.close()


def run_program(tmp_path, **parameters):
    """Run fusion_node with build_only as launch does; returns its exit status and all that it printed."""
    pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
    from test.engine.tiny_model import tiny_model

    model = tmp_path / "tiny.onnx"
    model.write_bytes(tiny_model())
    values = {"build_only": "true", "model": str(model), **parameters}
    arguments = [word for name, value in values.items() for word in ("-p", f"{name}:={value}")]
    command = [sys.executable, "-m", "fusion_perception.ros.fusion_node", "--ros-args", *arguments]
    environment = ros_environment(FUSION_PERCEPTION_CACHE=str(tmp_path / "cache"))
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return result.returncode, result.stdout + result.stderr


def test_the_program_builds_for_rtx_and_ends_with_0(tmp_path):
    pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT-RTX: pip install 'fusion_perception[rtx]'")
    status, told = run_program(tmp_path, backend="tensorrt-rtx")
    assert status == 0, told
    plans = list((tmp_path / "cache").glob("*.plan"))
    assert len(plans) == 2
    assert all(f"plan    {plan}" in told for plan in plans)
    assert told.count("MiB, built in ") == 2
    assert "listening to" not in told


def test_the_program_ends_with_1_and_the_reason(tmp_path):
    if importlib.util.find_spec("tensorrt") is not None:
        pytest.skip("TensorRT is installed")
    status, told = run_program(tmp_path, backend="tensorrt")
    assert status == 1
    assert "needs the package 'tensorrt'" in told


def test_the_program_has_nothing_to_build_for_the_cpu(tmp_path):
    status, told = run_program(tmp_path, backend="onnxruntime")
    assert status == 0, told
    assert "nothing to build: backend 'onnxruntime' has no plans" in told
