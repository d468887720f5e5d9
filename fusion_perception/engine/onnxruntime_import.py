# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The only place that imports ONNX Runtime: without the telemetry that some of its releases start when imported."""

from __future__ import annotations

import os
from types import ModuleType

from fusion_perception.errors import require

TELEMETRY = "ORT_DISABLE_TELEMETRY"
"""Environment variable that ONNX Runtime reads once, when it is loaded."""


def disable_telemetry() -> None:
    """Keep ONNX Runtime from reporting home, in this process and those it starts; what the user has set stays.

    Release 1.32 looks up a host for telemetry and writes an identifier of the device below the home folder when it is
    imported. Call this before anything that may import it, other packages included.
    """
    os.environ.setdefault(TELEMETRY, "1")


def import_onnxruntime(purpose: str, module: str = "onnxruntime") -> ModuleType:
    """Import ONNX Runtime, or say in one sentence what to install.

    Args:
        purpose: what needs it, for example ``"the ONNX Runtime backend"``.
        module: ``"onnxruntime"``, or a module inside it.

    Raises:
        BackendError: it is not installed.
    """
    disable_telemetry()
    return require(module, purpose)
