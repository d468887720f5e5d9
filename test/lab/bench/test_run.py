# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import os
import sys
from types import SimpleNamespace

import pytest

from fusion_perception.engine.processor_share import processor_share
from fusion_perception.errors import BackendError, ModelError
from fusion_perception.lab.bench import run
from fusion_perception.lab.bench.case import Case
from fusion_perception.lab.bench.machine import describe_machine, describe_versions
from fusion_perception.lab.bench.run import BenchOptions, run_bench, run_compare
from test.engine.tiny_model import HEIGHT, WIDTH, tiny_metadata, tiny_model

OPTIONS = BenchOptions(seconds=0.02, threads=1)


def test_what_is_measured(document):
    plain, explained = document.results
    assert (plain.attribution, explained.attribution) == (False, True)
    assert (plain.attribution_steps, explained.attribution_steps) == (0, 1)
    assert plain.provider == "CPUExecutionProvider"
    assert (plain.height, plain.width) == (HEIGHT, WIDTH)
    assert 0 < plain.latency_ms.min <= plain.latency_ms.p50 <= plain.latency_ms.max
    assert plain.pairs_per_second == pytest.approx(1e3 / plain.latency_ms.mean, rel=0.01)
    assert plain.stages_ms.run > 0
    assert plain.cpu_ms_per_call > 0
    assert plain.file_bytes == len(tiny_model())
    assert plain.flops_by_kind["Conv"] == 2 * 9 * HEIGHT * WIDTH
    assert document.settings.threads == 1
    assert document.ceilings[0].threads == 1
    assert document.ceilings[0].missing is None
    assert plain.left_out is None
    assert plain.warm_up.calls >= 3


def test_the_load_is_told(document):
    load = document.machine.load
    assert set(load.affinity) == os.sched_getaffinity(0)
    assert all(value >= 0 for value in load.average)
    for result in document.results:
        assert result.others is None or 0 <= result.others.cpu <= 1


def test_without_onnx_the_reason_is_told(model, monkeypatch, quick):
    monkeypatch.setitem(sys.modules, "onnx", None)
    (result,) = run_bench([Case(model, "onnxruntime")], OPTIONS).results
    assert (result.flops, result.roofline) == (None, None)
    assert "needs the package 'onnx'" in result.left_out


def test_operations_are_those_of_the_graph_that_runs(document):
    plain, explained = document.results
    assert explained.flops > plain.flops


def test_efficiency_is_least_time_by_median(document):
    result = document.results[0]
    expected = result.roofline.total_ms / result.latency_ms.p50
    assert result.roofline.efficiency == pytest.approx(expected, abs=6e-4)


def test_comparison(comparison):
    entry = comparison.comparison
    assert entry.a.latency_ms.calls == entry.b.latency_ms.calls >= 5
    assert entry.ratio_b_to_a.p05 <= entry.ratio_b_to_a.median <= entry.ratio_b_to_a.p95
    assert entry.agreement["mask_agreement"] == 1.0
    assert entry.agreement["fused_max"] == 0.0


def test_progress_is_told(quick, model):
    said, ticks = [], []
    run_bench([Case(model, "onnxruntime")], OPTIONS, said.append, tick=lambda *counts: ticks.append(counts))
    assert ticks == [(1, 1)]
    assert said[0] == "[1/1] onnxruntime@tiny: opening"
    assert any("CPUExecutionProvider" in line for line in said)


def test_attribution_of_a_model_without(quick, tmp_path, model):
    path = tmp_path / "plain.onnx"
    path.write_bytes(tiny_model(attribution=False))
    with pytest.raises(BackendError, match=r"plain\.onnx has no attribution"):
        run_bench([Case(path, "onnxruntime", attribution=True)], OPTIONS)


def test_models_of_two_sizes(quick, tmp_path, model):
    path = tmp_path / "large.onnx"
    path.write_bytes(tiny_model(metadata=tiny_metadata(height=24)))
    with pytest.raises(BackendError, match=r"takes \(12, 20\) images, .* takes \(24, 20\)"):
        run_compare(Case(model, "onnxruntime"), Case(path, "onnxruntime"), OPTIONS)


def test_engines_are_closed_when_the_second_fails(quick, tmp_path, model, monkeypatch):
    closed = []
    from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine

    real = OnnxRuntimeEngine.close
    monkeypatch.setattr(OnnxRuntimeEngine, "close", lambda self: (closed.append(self), real(self))[1])
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"broken")
    with pytest.raises(ModelError):
        run_compare(Case(model, "onnxruntime"), Case(broken, "onnxruntime"), OPTIONS)
    assert len(closed) == 1


def test_machine():
    machine = describe_machine()
    assert machine.cores == processor_share().threads >= 1
    assert machine.cpu
    assert machine.memory_gib > 0.1


def test_versions():
    versions = describe_versions()
    assert {"python", "fusion_perception", "numpy"} <= set(versions)


def test_no_path_of_this_machine_is_written(document, tmp_path):
    assert str(tmp_path) not in str(document)


def test_what_is_compiled_in_the_background_is_waited_for(monkeypatch):
    """A row names what was measured: the engine as it runs from then on, warm again after the swap."""
    diary = []
    monkeypatch.setattr(run, "warm_up", lambda call, pairs: diary.append("warm up"))

    def settle(timeout_s=None):
        diary.append(f"settle {timeout_s}")
        return timeout_s is None

    run._settle(SimpleNamespace(settle=settle), None, [], diary.append)
    assert diary == [
        "warm up",
        "settle 0",
        "    waiting for what is compiled in the background",
        "settle None",
        "warm up",
    ]
    diary.clear()
    run._settle(SimpleNamespace(), None, [], diary.append)
    assert diary == ["warm up"]
