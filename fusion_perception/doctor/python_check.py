# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Python and the packages that everything needs."""

from __future__ import annotations

import importlib.metadata
import platform
import sys

from fusion_perception import __version__
from fusion_perception.doctor.finding import OK, WRONG, Finding
from fusion_perception.doctor.surroundings import Surroundings
from fusion_perception.errors import require

_OLDEST = (3, 10)


def check_python(at: Surroundings, version: tuple[int, ...] = sys.version_info[:2]) -> list[Finding]:
    """Look at Python and at NumPy and OpenCV, which have to fit each other.

    Args:
        at: unused; every check has it.
        version: of Python.
    """
    text = f"{platform.python_version()} at {sys.executable}, fusion_perception {__version__}"
    findings = [Finding("Python", OK, text)]
    if version < _OLDEST:
        findings = [
            Finding("Python", WRONG, f"{text}; 3.10 or newer is needed", "make PYTHON=python3.12, or a newer system")
        ]
    try:
        versions = [
            f"{name} {require(module, name).__version__}" for name, module in (("NumPy", "numpy"), ("OpenCV", "cv2"))
        ]
    except Exception as error:  # packages that do not fit each other fail in many ways
        remedy = "python3 -m pip install --upgrade 'fusion_perception[opencv]'"
        if "_ARRAY_API" in str(error) or "NumPy 1" in str(error):  # compiled for the other major version
            remedy = "python3 -m pip install 'numpy<2'"
        return [*findings, Finding("NumPy, OpenCV", WRONG, str(error), remedy)]
    return [*findings, Finding("NumPy, OpenCV", OK, ", ".join(versions)), *_two_opencvs()]


def _two_opencvs() -> list[Finding]:
    names = sorted(
        {
            name
            for distribution in importlib.metadata.distributions()
            if (name := str(distribution.metadata["Name"]).lower()).startswith("opencv-")
        }
    )
    if len(names) < 2:
        return []
    remedy = f"python3 -m pip uninstall {' '.join(names)}, then install one of them"
    return [Finding("OpenCV", WRONG, f"{' and '.join(names)} overwrite each other's files", remedy)]
