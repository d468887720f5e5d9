# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT and TensorRT-RTX by name."""

from __future__ import annotations

from fusion_perception.engine.plan_cache import LIBRARIES
from fusion_perception.engine.tensorrt_library import TensorRTLibrary
from fusion_perception.engine.tensorrt_rtx import TensorRTRTX
from fusion_perception.errors import BackendError

_BY_NAME = {library.name: library for library in (TensorRTLibrary(), TensorRTRTX())}


def tensorrt_library(name: str) -> TensorRTLibrary:
    """Return one of ``LIBRARIES``.

    Raises:
        BackendError: there is none of this name.
    """
    if name not in _BY_NAME:
        raise BackendError(f"unknown library '{name}'; allowed: {', '.join(LIBRARIES)}")
    return _BY_NAME[name]
