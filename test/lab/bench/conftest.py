# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.lab.bench import ceilings, timing
from fusion_perception.lab.bench.case import Case
from fusion_perception.lab.bench.document import BENCH
from fusion_perception.lab.bench.run import BenchOptions, run_bench, run_compare
from test.engine.tiny_model import tiny_model


def hurry(monkeypatch):
    """Small ceilings and no warm-up: the figures mean nothing, the paths are the same."""
    monkeypatch.setattr(timing, "WARM_UP_SECONDS", 0.0)
    monkeypatch.setattr(timing, "WARM_UP_LIMIT", 0.0)
    monkeypatch.setattr(ceilings, "_COPY_BYTES", 1 << 16)
    monkeypatch.setattr(ceilings, "_CPU_SIZE", 32)


@pytest.fixture
def quick(monkeypatch):
    hurry(monkeypatch)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
    pytest.importorskip("onnxruntime", reason="the backend that is measured")
    path = tmp_path_factory.mktemp("bench") / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture(scope="session")
def measured(model):
    """One run and one comparison of the tiny model."""
    plain, explained = (Case(model, "onnxruntime", attribution) for attribution in (False, True))
    options = BenchOptions(seconds=0.02, threads=1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        hurry(monkeypatch)
        return run_bench([plain, explained], options), run_compare(plain, explained, options)


@pytest.fixture
def document(measured):
    return measured[0]


@pytest.fixture
def comparison(measured):
    return measured[1]


@pytest.fixture
def values(document):
    """The run as JSON values, to edit."""
    return BENCH.write(document)


@pytest.fixture
def compared(comparison):
    """The comparison as JSON values, to edit."""
    return BENCH.write(comparison)
