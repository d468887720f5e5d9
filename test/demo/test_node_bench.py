# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The node measured beside the bare engine: what is made of a report, and one real run over DDS."""

import json
import os
import sys
import threading
from types import SimpleNamespace

import pytest

from fusion_perception.cli.main import main
from fusion_perception.demo import node_bench
from fusion_perception.demo.node_bench import processor_seconds, run_node_bench, summarise_run
from fusion_perception.errors import BackendError
from fusion_perception.lab.bench.case import Case
from fusion_perception.lab.bench.document import BENCH
from fusion_perception.lab.bench.run import BenchOptions
from test.lab.bench.conftest import hurry

REPORT = {
    "event": "end",
    "seconds": 2.0,
    "sent": 20,
    "results": 4,
    "results_in_time": 5,
    "published_ms": [10.0, 20.0, 30.0, 40.0],
    "received_ms": [11.0, 21.0, 31.0, 41.0],
}


def test_figures_of_a_run():
    run = summarise_run(30.0, REPORT, (1.0, 1.2))
    assert (run.camera_rate, run.sent, run.results, run.pairs_per_second) == (30.0, 20, 4, 2.5)
    assert (run.published_ms.p50, run.received_ms.p50, run.published_ms.calls) == (25.0, 26.0, 4)
    assert run.cpu_ms_per_result == 50.0


def test_a_run_without_results_or_clock():
    nothing = REPORT | {"results": 0, "results_in_time": 0, "published_ms": [], "received_ms": []}
    run = summarise_run(30.0, nothing, (1.0, 1.2))
    assert (run.pairs_per_second, run.published_ms, run.received_ms, run.cpu_ms_per_result) == (0.0, None, None, None)
    assert summarise_run(30.0, REPORT).cpu_ms_per_result is None


@pytest.mark.parametrize(
    ("bare", "rate", "fast", "results", "bound"),
    [(20.0, 10.0, 30.0, 5, False), (20.0, 60.0, 60.0, 5, False), (1000.0, 30.0, 240.0, 19, True)],
)
def test_the_second_run_is_faster_than_the_engine(monkeypatch, tmp_path, bare, rate, fast, results, bound):
    rates = []

    def run(case, topics, options, camera_rate):
        rates.append((camera_rate, topics))
        return summarise_run(camera_rate, REPORT | {"results": results})

    monkeypatch.setattr(node_bench, "_run", run)
    case = Case(tmp_path / "m.onnx", "onnxruntime", attribution=bound)
    row = SimpleNamespace(file="m.onnx", provider="CPU", pairs_per_second=bare)
    (result,) = run_node_bench([(case, row)], BenchOptions(seconds=1.0), rate)
    assert [camera_rate for camera_rate, _ in rates] == [rate, fast]
    assert ("fusion/attribution" in rates[0][1]) is bound
    assert result.throughput_ratio == round(2.5 / bare, 3)
    assert result.camera_bound is bound


def test_a_node_that_fails_costs_no_other_row(monkeypatch, tmp_path):
    def run(case, topics, options, camera_rate):
        if case.attribution:
            raise BackendError("fusion has ended")
        return summarise_run(camera_rate, REPORT)

    monkeypatch.setattr(node_bench, "_run", run)
    row = SimpleNamespace(file="m.onnx", provider="CPU", pairs_per_second=10.0)
    cases = [(Case(tmp_path / "m.onnx", "onnxruntime", attribution), row) for attribution in (True, False)]
    said = []
    (result,) = run_node_bench(cases, BenchOptions(seconds=1.0), 5.0, said.append)
    assert not result.attribution
    assert "    left out: fusion has ended" in said


def test_processor_time():
    before = processor_seconds(os.getpid())
    if before is None:
        pytest.skip("the system does not tell")
    while processor_seconds(os.getpid()) == before:
        sum(range(10_000))
    assert processor_seconds(2**30) is None


class Silent:
    def __init__(self, name, status):
        self.name, self._status = name, status

    def returncode(self):
        return self._status

    def why(self):
        return "it is broken"


def test_a_process_that_ends_early_is_named():
    children = Silent("fusion", 1), Silent("probe", None)
    with pytest.raises(BackendError, match="could not be measured: fusion has ended: it is broken"):
        node_bench._wait(children, threading.Event(), 5.0)


def test_no_report_at_all():
    children = Silent("fusion", None), Silent("probe", None)
    with pytest.raises(BackendError, match=r"no report within 0 s; fusion said: it is broken\. probe said"):
        node_bench._wait(children, threading.Event(), 0.0)


@pytest.fixture
def model(tmp_path, monkeypatch):
    pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
    pytest.importorskip("onnxruntime", reason="the backend that is measured")
    from test.engine.tiny_model import tiny_model

    hurry(monkeypatch)
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


BENCH_NODE = ["bench", "--backend", "onnxruntime", "--threads", "1", "--node"]


def test_without_ros_nothing_is_measured(model, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rclpy", None)
    assert main([*BENCH_NODE, str(model)]) == 2
    err = capsys.readouterr().err
    assert "measuring the node (--node) needs the package 'rclpy'" in err
    assert "opening" not in err


def test_not_with_a_comparison(model, capsys):
    assert main([*BENCH_NODE, "--compare", str(model), str(model)]) == 2
    assert "--node measures no comparison" in capsys.readouterr().err


def test_what_was_measured_is_kept_when_the_node_fails(model, tmp_path, monkeypatch, capsys):
    def run(case, topics, options, camera_rate):
        raise BackendError("fusion has ended")

    pytest.importorskip("rclpy", reason="rclpy is not installed")
    monkeypatch.setattr(node_bench, "_run", run)
    target = tmp_path / "bench.json"
    assert main([*BENCH_NODE, "--seconds", "0.02", "--json", str(target), str(model)]) == 2
    out, err = capsys.readouterr()
    assert "the node was not measured in 1 of 1 cases" in err
    assert "| tiny" in out
    assert (len(BENCH.read_file(target).results), BENCH.read_file(target).node) == (1, ())


@pytest.mark.ros
@pytest.mark.slow
def test_the_whole_way(model, tmp_path, capsys):
    """The tiny model is as fast as the cameras: what is looked at is that results come and are counted."""
    pytest.importorskip("rclpy", reason="rclpy is not installed")
    target = tmp_path / "bench.json"
    arguments = [*BENCH_NODE, "--attribution", "--seconds", "1.5", "--node-rate", "5", "--json", str(target)]
    assert main([*arguments, str(model)]) == 0
    document = BENCH.read_file(target)
    assert json.loads(target.read_text())["node"][0]["file"] == "tiny.onnx"
    plain, explained = document.node
    assert (plain.attribution, explained.attribution) == (False, True)
    assert explained.topics[-1] == "fusion/attribution"
    for result in document.node:
        for run in (result.even, result.full):
            assert run.sent > 0
            assert 0 < run.results <= run.sent
            assert 0 < run.published_ms.p50 <= run.published_ms.p95
            assert run.received_ms.p95 >= run.published_ms.min
        assert 0 < result.throughput_ratio < 1
        assert result.even.camera_rate == 5.0
    out = capsys.readouterr().out
    assert "| node with" in out
    assert "fusion_node in a process of its own, over Fast DDS" in out
