# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The libraries: missing, broken or too old."""

import sys
from types import SimpleNamespace

import pytest

from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.errors import BackendError


def test_libraries_cannot_be_loaded(monkeypatch):
    def broken(name, purpose):
        raise OSError("libcudart.so.12: cannot open shared object file")

    monkeypatch.setattr("fusion_perception.engine.tensorrt_library.require", broken)
    with pytest.raises(BackendError, match=r"installed but cannot be loaded: libcudart\.so\.12"):
        tensorrt_library("tensorrt").load()


def test_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(BackendError, match="needs the package 'tensorrt'"):
        tensorrt_library("tensorrt").load()


def test_old_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", SimpleNamespace(__version__="8.6.1"))
    with pytest.raises(BackendError, match=r"TensorRT 8\.6\.1 is installed; this package needs 10\.3"):
        tensorrt_library("tensorrt").load()


def test_both_names_of_tensorrt_rtx(monkeypatch):
    """The package has a module of its own; whoever installed the bindings alone has only theirs."""
    library = tensorrt_library("tensorrt-rtx")
    bindings = SimpleNamespace(__version__="1.7.1.116")
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    monkeypatch.setitem(sys.modules, "tensorrt_rtx_bindings", bindings)
    assert library.installed
    assert library.load() is bindings
    own = SimpleNamespace(__version__="1.8.0.1")
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", own)
    assert library.load() is own


def test_no_tensorrt_rtx(monkeypatch):
    library = tensorrt_library("tensorrt-rtx")
    for name in library.modules:
        monkeypatch.setitem(sys.modules, name, None)
    assert not library.installed
    with pytest.raises(BackendError, match=r"'tensorrt_rtx', which .* pip install 'fusion_perception\[rtx\]'"):
        library.load()


def test_old_tensorrt_rtx(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", SimpleNamespace(__version__="1.6.1.2"))
    with pytest.raises(BackendError, match=r"TensorRT-RTX 1\.6\.1\.2 is installed; this package needs 1\.7 or newer"):
        tensorrt_library("tensorrt-rtx").load()


def test_an_unknown_library():
    with pytest.raises(BackendError, match="unknown library 'openvino'; allowed: tensorrt, tensorrt-rtx"):
        tensorrt_library("openvino")
