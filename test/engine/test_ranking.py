# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What has to be there before a backend is worth a try."""

import importlib.util
from types import SimpleNamespace

import pytest

from fusion_perception.engine import open_cuda, ranking
from fusion_perception.engine.open_cuda import cuda_devices
from fusion_perception.engine.ranking import RANKING, checkpoint_beside

LACKS = {candidate.backend: candidate.lacks for candidate in RANKING}


class TestTorch:
    @pytest.fixture
    def model(self, tmp_path, monkeypatch):
        """All is there: torch, its backend, a checkpoint, a device."""
        real = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: True if name == "torch" else real(name, *a))
        monkeypatch.setattr(ranking, "entry_points", lambda *, group, name: [group, name])
        monkeypatch.setattr(ranking, "cuda_devices", lambda: 1)
        (tmp_path / "m.safetensors").write_bytes(b"")
        return tmp_path / "m.onnx"

    def test_all_is_there(self, model):
        assert LACKS["torch-cuda"](model) == ""

    def test_no_torch(self, model, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None)
        assert LACKS["torch-cuda"](model) == "torch is not installed"

    def test_not_registered(self, model, monkeypatch):
        monkeypatch.setattr(ranking, "entry_points", lambda *, group, name: [])
        assert LACKS["torch-cuda"](model) == "not registered"

    def test_no_checkpoint(self, model):
        checkpoint_beside(model).unlink()
        assert LACKS["torch-cuda"](model) == "no m.safetensors beside the model"

    def test_no_device(self, model, monkeypatch):
        monkeypatch.setattr(ranking, "cuda_devices", lambda: 0)
        assert LACKS["torch-cuda"](model) == "no CUDA device"


class TestDevices:
    """The driver, which is asked by its own library so that no package has to be imported."""

    @pytest.fixture
    def driver(self, monkeypatch):
        def driver(start=0, count=0, devices=2):
            def get_count(pointer):
                pointer._obj.value = devices
                return count

            library = SimpleNamespace(cuInit=lambda flags: start, cuDeviceGetCount=get_count)
            monkeypatch.setattr(open_cuda.ctypes, "CDLL", lambda name: library)

        return driver

    def test_counted(self, driver):
        driver(devices=2)
        assert cuda_devices() == 2

    @pytest.mark.parametrize("fault", [{"start": 100}, {"count": 3}])
    def test_a_driver_that_cannot_start(self, driver, fault):
        driver(**fault)
        assert cuda_devices() == 0

    def test_no_driver_or_a_foreign_library(self, monkeypatch):
        def missing(name):
            raise OSError(name)

        monkeypatch.setattr(open_cuda.ctypes, "CDLL", missing)
        assert cuda_devices() == 0
        monkeypatch.setattr(open_cuda.ctypes, "CDLL", lambda name: SimpleNamespace())
        assert cuda_devices() == 0
