# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import importlib.metadata
import sys
from types import SimpleNamespace

import pytest

from fusion_perception.doctor import python_check
from fusion_perception.doctor.python_check import check_python
from fusion_perception.errors import BackendError


def test_this_python(machine):
    pytest.importorskip("cv2", reason="OpenCV is looked at")
    python, packages, *_ = check_python(machine.surroundings)
    assert (python.name, python.level) == ("Python", "ok")
    assert sys.executable in python.text
    assert packages.text.startswith("NumPy ")


def test_too_old(machine):
    assert check_python(machine.surroundings, (3, 9))[0].level == "wrong"


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("cannot be imported (No module named 'cv2')", "fusion_perception[opencv]"),
        ("a module that was compiled using NumPy 1.x cannot be run in NumPy 2", "numpy<2"),
        ("AttributeError: _ARRAY_API not found", "numpy<2"),
    ],
)
def test_packages_that_cannot_be_imported(machine, monkeypatch, error, remedy):
    def require(module, purpose):
        raise BackendError(error)

    monkeypatch.setattr(python_check, "require", require)
    finding = check_python(machine.surroundings)[1]
    assert finding.level == "wrong"
    assert remedy in finding.remedy


def test_two_opencvs(machine, monkeypatch):
    names = ["numpy", "opencv-python", "opencv-python-headless"]
    found = [SimpleNamespace(metadata={"Name": name}) for name in names]
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
    finding = check_python(machine.surroundings)[-1]
    assert (finding.name, finding.level) == ("OpenCV", "wrong")
    assert "uninstall opencv-python opencv-python-headless" in finding.remedy
