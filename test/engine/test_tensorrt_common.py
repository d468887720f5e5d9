# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The package tensorrt: missing, broken or too old."""

import sys
from types import SimpleNamespace

import pytest

from fusion_perception.engine.tensorrt_common import import_tensorrt
from fusion_perception.errors import BackendError


def test_libraries_cannot_be_loaded(monkeypatch):
    def broken(name, purpose):
        raise OSError("libcudart.so.12: cannot open shared object file")

    monkeypatch.setattr("fusion_perception.engine.tensorrt_common.require", broken)
    with pytest.raises(BackendError, match=r"installed but cannot be loaded: libcudart\.so\.12"):
        import_tensorrt()


def test_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(BackendError, match="needs the package 'tensorrt'"):
        import_tensorrt()


def test_old_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", SimpleNamespace(__version__="8.6.1"))
    with pytest.raises(BackendError, match=r"TensorRT 8\.6\.1 is installed; this package needs 10\.3"):
        import_tensorrt()
