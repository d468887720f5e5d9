# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import sys

import pytest

from fusion_perception.lab.bench import ceilings
from fusion_perception.lab.bench.ceilings import measure_cpu, measure_cuda


def test_cpu(monkeypatch):
    pytest.importorskip("onnx", reason="the matrix products are ONNX graphs")
    pytest.importorskip("onnxruntime", reason="it multiplies the matrices")
    monkeypatch.setattr(ceilings, "_COPY_BYTES", 1 << 20)
    monkeypatch.setattr(ceilings, "_CPU_SIZE", 128)
    result = measure_cpu(2)
    assert (result.device, result.threads) == ("cpu", 2)
    assert set(result.gflops) == {"fp32", "int8"}
    assert min(result.gflops.values()) > 0.05
    assert result.gbytes > 0.05


def test_rates_are_operations_by_time(monkeypatch):
    """A product of two n x n matrices is 2 n^3 operations; a copy reads and writes."""
    monkeypatch.setattr(ceilings, "_best", lambda work: 0.5)
    monkeypatch.setattr(ceilings, "_onnxruntime_product", lambda *arguments: None)
    monkeypatch.setattr(ceilings, "_COPY_BYTES", 10**9)
    monkeypatch.setattr(ceilings.np, "ones", lambda size, kind: ceilings.np.empty(1, kind))
    monkeypatch.setattr(ceilings, "_CPU_SIZE", 1000)
    result = measure_cpu(1)
    assert result.gflops == {"fp32": 4.0, "int8": 4.0}
    assert result.gbytes == 4.0


def test_a_missing_package_is_told(monkeypatch):
    """The copy needs none; before, the line of the ceilings began with nothing and gave no reason."""
    monkeypatch.setattr(ceilings, "_COPY_BYTES", 1 << 16)
    monkeypatch.setitem(sys.modules, "onnx", None)
    result = measure_cpu(1)
    assert result.gflops == {}
    assert result.gbytes > 0
    assert set(result.missing) == {"fp32", "int8"}
    assert "needs the package 'onnx'" in result.missing["fp32"]


def test_without_a_gpu(monkeypatch):
    torch = pytest.importorskip("torch", reason="it measures GPUs")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert measure_cuda() is None


def test_gpu():
    torch = pytest.importorskip("torch", reason="it measures GPUs")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    result = measure_cuda()
    assert result.gflops["fp16"] > result.gflops["fp32"] > 100
    assert result.gbytes > 20
