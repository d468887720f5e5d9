# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked of whoever builds TensorRT plans.

The engine that asks for a plan knows only this; ``build_process`` and the builder, which knows the engine, answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BuildOptions:
    """How to build.

    Attributes:
        library: what builds: ``"tensorrt"`` or ``"tensorrt-rtx"``.
        attribution: keep the attribution branch.
        compute_capability: cards to build for, one of ``tensorrt_rtx.CAPABILITIES``; empty lets the library choose.
            TensorRT always builds for the card that is there.
        optimization_level: TensorRT's 0 (fast build) .. 5 (slow build); 3 is TensorRT's default.
        workspace_mib: limit of the builder's scratch memory; 0 for all of the device's.
        tf32: let FP32 products be rounded to TF32. Off, so that FP32 means FP32.
        dla_core: DLA core to build for, or None for the GPU. Untested: no DLA was at hand.
        parity_pairs: image pairs on which the plan must agree with ONNX Runtime; 0 skips the check.
    """

    library: str = "tensorrt"
    attribution: bool = False
    compute_capability: str = ""
    optimization_level: int = 3
    workspace_mib: int = 0
    tf32: bool = False
    dla_core: int | None = None
    parity_pairs: int = 4


@dataclass(frozen=True)
class BuildRequest:
    """What to build.

    Attributes:
        model: path of the ONNX file.
        options: how.
        cache_dir: folder of the plans; None for the user's cache folder.
        device_id: number of the GPU.
    """

    model: str
    options: BuildOptions = field(default_factory=BuildOptions)
    cache_dir: str | None = None
    device_id: int = 0


Builder = Callable[[BuildRequest], object]
"""Builds a plan and puts it into the cache; raises ModelError or BackendError where it cannot."""
