# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The backends ``torch`` and ``torch-cuda``, which setup.py registers by these names."""

from __future__ import annotations

from fusion_perception.engine.backend import Backend
from fusion_perception.lab.torch_backend.open import open_torch

TORCH = Backend(open_torch, {"device": "cpu"})
TORCH_CUDA = Backend(open_torch, {"device": "cuda"}, on_cpu="torch")
