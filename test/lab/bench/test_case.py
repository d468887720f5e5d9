# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fusion_perception.errors import BackendError, ModelError
from fusion_perception.lab.bench.case import Case


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "some.onnx"
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("form", "backend", "attribution"),
    [
        ("{}", "auto", False),
        ("{}+attribution", "auto", True),
        ("torch@{}", "torch", False),
        ("onnxruntime-cuda@{}+attribution", "onnxruntime-cuda", True),
    ],
)
def test_parse(file, form, backend, attribution):
    case = Case.parse(form.format(file))
    assert case == Case(Path(file), backend, attribution)


def test_default_backend(file):
    assert Case.parse(str(file), "torch").backend == "torch"
    assert Case.parse(f"onnxruntime@{file}", "torch").backend == "onnxruntime"


def test_name(file):
    assert str(Case.parse(f"torch@{file}+attribution")) == "torch@some+attribution"


def test_unknown_backend(file):
    with pytest.raises(BackendError, match=r"unknown backend 'npu' in 'npu@.*'; allowed: auto, onnxruntime"):
        Case.parse(f"npu@{file}")


def test_missing_model():
    with pytest.raises(ModelError, match="absent"):
        Case.parse("folder/absent.onnx")
