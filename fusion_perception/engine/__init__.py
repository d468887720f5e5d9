# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Engines: one protocol, ONNX Runtime, TensorRT and torch behind it."""

from fusion_perception.engine.engine import Engine, EngineInfo
from fusion_perception.engine.open import BACKENDS, open_engine

__all__ = ["BACKENDS", "Engine", "EngineInfo", "open_engine"]
