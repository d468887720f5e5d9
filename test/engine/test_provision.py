# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is built beforehand for each backend; the builds are recorded instead of made."""

import sys
from types import SimpleNamespace

import pytest

from fusion_perception.engine import BACKENDS
from fusion_perception.engine.build_process import BuiltPlan
from fusion_perception.engine.provision import build_plans
from fusion_perception.errors import BackendError, ModelError

from .tiny_model import tiny_model

pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")


class Log:
    def __init__(self):
        self.info_lines, self.warnings = [], []
        self.info, self.warning = self.info_lines.append, self.warnings.append


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return path


@pytest.fixture
def requests():
    return []


@pytest.fixture
def build(requests):
    def build(request, progress):
        requests.append(request)
        for share in (0.0, 1.0):
            progress("Building Engine", share)
        if request.options.library in build.missing:
            raise BackendError(f"no {request.options.library} here")
        return BuiltPlan("/cache/tiny.plan", 0.9, 3 << 20, None, "there is no GPU here", "8.0+")

    build.missing = set()
    return build


@pytest.fixture
def install(monkeypatch):
    def install(*names):
        for name in ("tensorrt", "tensorrt_rtx", "tensorrt_rtx_bindings"):
            monkeypatch.setitem(sys.modules, name, SimpleNamespace() if name in names else None)

    return install


def asked(requests):
    return [(r.options.library, r.options.attribution) for r in requests]


@pytest.mark.parametrize("backend", ["tensorrt", "tensorrt-rtx"])
def test_both_plans(model, log, build, requests, backend):
    assert build_plans(model, backend, log, device_id=2, cache_dir="/cache", build=build) == 2
    assert asked(requests) == [(backend, False), (backend, True)]
    assert {(r.model, r.device_id, r.cache_dir) for r in requests} == {(str(model), 2, "/cache")}
    text = "\n".join(log.info_lines)
    assert log.info_lines.count("  Building Engine") == 2
    for part in ("built tiny.onnx, with attribution", "plan    /cache/tiny.plan", "3.0 MiB, built in 0.9 s"):
        assert part in text
    assert not log.warnings


def test_only_what_is_run(model, log, build, requests):
    assert build_plans(model, "tensorrt", log, attribution=False, build=build) == 1
    model.write_bytes(tiny_model(attribution=False))
    assert build_plans(model, "tensorrt", log, build=build) == 1
    assert asked(requests) == [("tensorrt", False)] * 2


@pytest.mark.parametrize("backend", sorted(set(BACKENDS) - {"auto", "tensorrt", "tensorrt-rtx"}))
def test_backends_that_need_nothing(model, log, build, requests, backend):
    assert build_plans(model, backend, log, build=build) == 0
    assert log.info_lines == [f"nothing to build: backend '{backend}' has no plans"]
    assert not requests


@pytest.mark.parametrize("name", ["tiny.plan", "tiny.safetensors"])
def test_files_that_are_run_as_they_are(tmp_path, log, build, requests, name):
    assert build_plans(tmp_path / name, "auto", log, build=build) == 0
    assert log.info_lines[0].endswith(f"{name} is run as it is")


def test_a_library_that_is_missing(model, log, build):
    build.missing = {"tensorrt-rtx"}
    with pytest.raises(BackendError, match="no tensorrt-rtx here"):
        build_plans(model, "tensorrt-rtx", log, build=build)


def test_a_damaged_model(model, log, build, requests):
    model.write_bytes(b"damage")
    with pytest.raises(ModelError):
        build_plans(model, "tensorrt", log, build=build)
    assert not requests


class TestAuto:
    def test_neither_library(self, model, log, build, requests, install):
        install()
        assert build_plans(model, "auto", log, build=build) == 0
        assert log.info_lines == ["nothing to build: neither TensorRT nor TensorRT-RTX is installed"]

    def test_the_one_that_is_installed(self, model, log, build, requests, install):
        install("tensorrt_rtx_bindings")
        assert build_plans(model, "auto", log, build=build) == 2
        assert {library for library, _ in asked(requests)} == {"tensorrt-rtx"}

    def test_one_of_two_is_enough(self, model, log, build, requests, install):
        install("tensorrt", "tensorrt_rtx")
        build.missing = {"tensorrt"}
        assert build_plans(model, "auto", log, build=build) == 2
        assert log.warnings == ["not built for TensorRT: no tensorrt here"]
        assert asked(requests) == [("tensorrt", False), ("tensorrt-rtx", False), ("tensorrt-rtx", True)]

    def test_none_of_two(self, model, log, build, install):
        install("tensorrt", "tensorrt_rtx")
        build.missing = {"tensorrt", "tensorrt-rtx"}
        with pytest.raises(BackendError, match="no tensorrt here"):
            build_plans(model, "auto", log, build=build)
