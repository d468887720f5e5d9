# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The check for machines with a GPU, on one without: its own logic, with backends that run here."""

import importlib.util
import json
import os
import sys
from dataclasses import replace
from importlib.metadata import entry_points
from types import SimpleNamespace

import pytest

pytest.importorskip("onnxruntime", reason="the reference of every backend")
torch = pytest.importorskip("torch", reason="what is checked")

from fusion_perception.lab.bench.timing import Latency  # noqa: E402
from tools import gpu_check, gpu_limits  # noqa: E402
from tools.gpu_check import BROKEN, CANNOT, DONE, main, registered, table, what_is_missing  # noqa: E402
from tools.gpu_limits import Check, check_starts, check_times  # noqa: E402
from tools.gpu_start import time_start  # noqa: E402


class TestWhereItCannotBeRun:
    def test_one_sentence_and_a_status_of_its_own(self, monkeypatch, capsys):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        assert main([]) == CANNOT
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("nothing was checked: ")
        assert said.err.count("\n") == 1

    def test_torch_without_cuda_and_a_gpu_that_is_not_seen(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        for version, says in ((None, "built without CUDA"), ("13.0", "sees no CUDA device")):
            monkeypatch.setattr(torch.version, "cuda", version)
            assert says in what_is_missing()

    def test_a_missing_package(self, monkeypatch):
        real = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else real(name))
        assert "this Python has no torch" in what_is_missing()


class TestRegistered:
    def test_a_source_tree_that_is_not_installed(self, monkeypatch):
        monkeypatch.setattr(gpu_check, "entry_points", lambda **_: [])
        before = os.environ.get("PYTHONPATH"), list(sys.path)
        with registered():
            folder = sys.path[0]
            every = entry_points(group="fusion_perception.backends")
            found = sorted(entry.value for entry in every if entry.dist.version == "0")
            place = "fusion_perception.lab.torch_engine"
            assert found == [f"{place}:TORCH", f"{place}:TORCH_CUDA"]
            assert os.environ["PYTHONPATH"].split(os.pathsep)[:2] == [folder, str(gpu_check.ROOT)]
        assert (os.environ.get("PYTHONPATH"), sys.path) == before

    def test_what_is_installed_is_left_alone(self):
        before = list(sys.path)
        with registered():
            assert sys.path == before


class TestStart:
    def test_when_each_line_came(self):
        program = "import time; print('first result', flush=True); time.sleep(0.2); print('settled', flush=True)"
        said = time_start("m", "b", command=[sys.executable, "-S", "-c", program])
        assert 0 < said["first result"] < said["settled"]

    def test_a_process_that_fails(self):
        assert time_start("m", "b", command=[sys.executable, "-S", "-c", "print('first result'); exit(1)"]) == {}

    @pytest.mark.parametrize(("seconds", "fast", "good"), [(2.9, True, True), (3.1, True, False), (3.1, False, None)])
    def test_the_limit_is_that_of_the_warm_start(self, monkeypatch, seconds, fast, good):
        starts = iter([{"first result": 40.0, "settled": 80.0}, {"first result": seconds, "settled": 9.0}])
        monkeypatch.setattr(gpu_limits, "time_start", lambda model, backend: next(starts))
        cold, warm = check_starts("m", ["torch-cuda"], fast=fast)
        assert (cold.good, warm.good) == (None, good)
        assert "after 80 s" in cold.found

    def test_no_result(self, monkeypatch):
        monkeypatch.setattr(gpu_limits, "time_start", lambda model, backend: {})
        [check] = check_starts("m", ["torch-cuda"], fast=False)
        assert check.good is False


def result(p50, precision="fp16", size=(480, 640)):
    latency = replace(Latency(1, 1, 1, 1, 1, 1), p50=p50)
    return SimpleNamespace(
        latency_ms=latency, precision=precision, provider="CUDA graph, compiled", height=size[0], width=size[1]
    )


def times(plain, explained, fast=True):
    document = SimpleNamespace(results=[plain, explained])
    return [check.good for check in check_times(document, ["torch-cuda", "torch-cuda+attribution"], fast=fast)]


class TestTimes:
    def test_kept(self):
        assert times(result(0.7), result(0.97)) == [True, True, True]

    def test_each_limit_can_be_broken(self):
        assert times(result(0.71), result(0.97)) == [False, True, True]
        assert times(result(0.72), result(1.005)) == [False, False, True]
        assert times(result(0.5), result(0.71)) == [True, True, False]

    def test_another_precision_is_no_answer(self):
        assert times(result(0.5, "fp32"), result(0.6))[0] is False

    def test_another_card_or_size_is_for_information(self):
        assert times(result(5), result(9), fast=False) == [None, None, None]
        assert times(result(5, size=(240, 320)), result(6, size=(240, 320)))[:2] == [None, None]

    def test_what_was_not_measured_is_broken(self):
        checks = check_times(SimpleNamespace(results=[]), [], fast=True)
        assert [check.good for check in checks] == [False, False]


def test_the_table():
    lines = table([Check("a", "1 ms", "at most 2 ms", True), Check("b", "2", good=False), Check("c", "3")]).splitlines()
    assert [line.split("|")[4].strip() for line in lines[2:]] == ["kept", "BROKEN", ""]
    assert len({len(line) for line in lines}) == 1


class TestWhole:
    """All of it on the tiny model, with ONNX Runtime alone, as if there were a card."""

    @pytest.fixture
    def options(self, monkeypatch, tmp_path):
        pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
        from test.engine.tiny_model import tiny_model

        (tmp_path / "tiny.onnx").write_bytes(tiny_model())
        monkeypatch.setattr(gpu_check, "what_is_missing", lambda: "")
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "NVIDIA Test 1")
        monkeypatch.setattr("fusion_perception.engine.BACKENDS", ("auto", "onnxruntime", "tensorrt"))
        monkeypatch.setattr(gpu_check, "build_plans", lambda model: [])
        monkeypatch.setattr(gpu_check, "check_starts", lambda *_, **__: [])
        monkeypatch.setattr(gpu_check, "check_times", lambda *_, **__: [Check("time", "1", "at most 2", good=True)])
        monkeypatch.setenv("FUSION_PERCEPTION_CACHE", str(tmp_path))
        return ["--model", str(tmp_path / "tiny.onnx"), "--seconds", "0.05", "--out", str(tmp_path / "out")]

    def test_figures_and_verdict(self, options, tmp_path, capsys):
        assert main(options) == DONE
        said = capsys.readouterr().out
        assert "NVIDIA Test 1: limits of time are for an H100 and do not count here" in said
        assert "| time " in said
        assert "tensorrt: " in said.partition("not measured:")[2]
        checks = json.loads((tmp_path / "out" / "gpu-nvidia-test-1-checks.json").read_text())
        assert checks["checks"] == [{"name": "time", "found": "1", "limit": "at most 2", "good": True}]
        bench = json.loads((tmp_path / "out" / "gpu-nvidia-test-1.json").read_text())
        assert [result["attribution"] for result in bench["results"]] == [False, True]

    def test_one_broken_limit_breaks_it(self, options, monkeypatch):
        monkeypatch.setattr(gpu_check, "check_parity", lambda *_: [Check("agrees", "mask 0.9", "0.999", good=False)])
        assert main(options) == BROKEN

    def test_parity_is_held_against_onnx_runtime(self, options, tmp_path):
        path = tmp_path / "tiny.onnx"
        checks = gpu_limits.check_parity(path, ["onnxruntime", "tensorrt"])
        assert [check.good for check in checks] == [True, True, False, False]
        assert "mask_agreement 1" in checks[0].found
