# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked of whoever builds TensorRT plans.

The engine that asks for a plan knows only this; ``build_process`` and the builder, which knows the engine, answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class BuildRequest:
    """What to build; see ``tensorrt_builder.BuildOptions``.

    Attributes:
        model: path of the ONNX file.
        attribution: keep the attribution branch.
        cache_dir: folder of the plans; None for the user's cache folder.
        device_id: number of the GPU.
        optimization_level: 0..5.
        workspace_mib: limit of scratch memory; 0 for none.
        tf32: let FP32 products be rounded to TF32.
        dla_core: DLA core, or None for the GPU.
        parity_pairs: image pairs of the parity check; 0 skips it.
    """

    model: str
    attribution: bool = False
    cache_dir: str | None = None
    device_id: int = 0
    optimization_level: int = 3
    workspace_mib: int = 0
    tf32: bool = False
    dla_core: int | None = None
    parity_pairs: int = 4


Builder = Callable[[BuildRequest], object]
"""Builds a plan and puts it into the cache; raises ModelError or BackendError where it cannot."""
