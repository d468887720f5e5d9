# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT-RTX, for RTX cards: what it does otherwise than TensorRT.

A plan is built in about a second, on a machine without a GPU as well, and fits a range of cards. The kernels for the
very card are compiled when a plan is loaded, and kept beside it.
"""

from __future__ import annotations

import re
from typing import Any

from fusion_perception.engine.build_request import BuildOptions
from fusion_perception.engine.cuda_session import CudaSession
from fusion_perception.engine.half_twin import find_half_twin
from fusion_perception.engine.kernel_cache import KernelCache
from fusion_perception.engine.model_file import ModelFile
from fusion_perception.engine.onnx_edit import without_outer_products
from fusion_perception.engine.plan_cache import Plan
from fusion_perception.engine.tensorrt_common import LOG
from fusion_perception.engine.tensorrt_library import OpenContext, TensorRTLibrary
from fusion_perception.errors import BackendError, ModelError

PORTABLE = "8.0+"
"""One plan for compute capability 8.0, 8.6, 8.9, 12.0 and later: TensorRT-RTX's own default."""

_TURING = "7.5"  # never part of a portable plan
_SINGLE = (_TURING, "8.0", "8.6", "8.9", "12.0", "12.1")
_PORTABLE_OVER = ("8.0", "8.6", "8.9")  # and whatever is 12.0 or later

CAPABILITIES = (PORTABLE, *_SINGLE)
"""Cards that a plan can be built for."""

_ANY = "any"  # name of the cards of a plan: it is not bound to one


class TensorRTRTX(TensorRTLibrary):
    """TensorRT-RTX 1.7 or newer."""

    name = "tensorrt-rtx"
    title = "TensorRT-RTX"
    modules = ("tensorrt_rtx", "tensorrt_rtx_bindings")  # of the package, and of its wheel of bindings alone
    oldest = ((1, 7), "1.7 or newer")
    needs_card = False
    builds_unasked = True
    keeps_timing = False  # its builder measures nothing
    graph_by_itself = True

    def chosen(self, file: ModelFile) -> tuple[ModelFile, str]:
        """Take the FP16 export that lies beside the file, if there is one."""
        twin, remark = find_half_twin(file)
        return twin or file, remark

    def check_file(self, file: ModelFile) -> None:
        """Refuse INT8: its INT8 is for products of matrices only."""
        if file.metadata.precision == "int8":
            raise ModelError(
                f"{file.path} is INT8, and TensorRT-RTX has no INT8 convolutions; export the model with "
                "--precision fp16, or choose backend 'tensorrt'"
            )

    def check_options(self, options: BuildOptions) -> None:
        """Refuse what its builder would ignore, and cards that it does not know."""
        wanted = options.compute_capability
        if wanted and wanted not in CAPABILITIES:
            raise BackendError(
                f"TensorRT-RTX does not build for compute capability {wanted}; it builds for "
                f"{', '.join(CAPABILITIES)}; {_instead(wanted)}"
            )
        for name in ("optimization_level", "workspace_mib", "dla_core"):
            if getattr(options, name) != getattr(BuildOptions, name):
                raise BackendError(f"TensorRT-RTX has no use for --{name.replace('_', '-')}; leave it out")

    def check_card(self, cuda: CudaSession) -> None:
        """Refuse cards that no plan fits."""
        if not self.places(cuda):
            raise BackendError(
                f"TensorRT-RTX does not run on {cuda.gpu} (compute capability {cuda.sm}; it takes "
                f"{', '.join((_TURING, *_PORTABLE_OVER))}, and 12.0 or later); {_instead(cuda.sm)}"
            )

    def places(self, cuda: CudaSession) -> tuple[tuple[str, str], ...]:
        """Return the plan for this capability alone, then the portable one."""
        if not runs_on(cuda.sm):
            return ()
        return ((_ANY, _TURING),) if cuda.sm == _TURING else ((_ANY, cuda.sm), (_ANY, PORTABLE))

    def target(self, cuda: CudaSession | None, options: BuildOptions) -> tuple[str, str]:
        """Return what is asked for, else what fits the card that is there, else the portable plan."""
        here = self.places(cuda) if cuda is not None else ()
        return _ANY, options.compute_capability or (here[-1][1] if here else PORTABLE)

    def graph(self, data: bytes, sm: str) -> bytes:
        """Spare Turing products of FP32 matrices, which TensorRT-RTX does not have there, where that is possible."""
        return without_outer_products(data) if sm == _TURING else data

    def configure(self, trt: Any, builder: Any, config: Any, options: BuildOptions, sm: str) -> None:
        """Name the cards; portable plans need no word."""
        if sm != PORTABLE:
            config.num_compute_capabilities = 1
            config.set_compute_capability(trt.ComputeCapability(int(sm.replace(".", ""))), 0)

    def open_context(self, trt: Any, engine: Any, plan: Plan, cuda: CudaSession, *, cuda_graph: bool) -> OpenContext:
        """Make the context with the kernels of earlier runs, and with CUDA graphs by the library's own strategy.

        That strategy knows what may be captured; a capture from outside would need engines that take all their memory
        from the caller. Kernels for dynamic shapes are of no concern: sizes are fixed.
        """
        runtime_config = engine.create_runtime_config()
        strategies = trt.CudaGraphStrategy
        runtime_config.cuda_graph_strategy = strategies.WHOLE_GRAPH_CAPTURE if cuda_graph else strategies.DISABLED
        runtime_cache = runtime_config.create_runtime_cache()
        kept = KernelCache(plan, cuda.gpu, cuda.sm)
        known = kept.load()
        if known and not runtime_cache.deserialize(known):
            LOG.info("%s is of another driver or library; its kernels are compiled again", kept.path)
        runtime_config.set_runtime_cache(runtime_cache)

        def keep_kernels() -> tuple[str, ...]:
            serialized = runtime_cache.serialize()
            compiled = b"" if serialized is None else bytes(serialized)
            if compiled in (b"", known):
                return ()
            try:
                kept.save(compiled)
            except ModelError as error:
                return (f"each start compiles the kernels again: {error}",)
            return ()

        context = engine.create_execution_context(runtime_config=runtime_config)
        return OpenContext(context, keep_kernels, (runtime_config, runtime_cache))


def runs_on(sm: str) -> bool:
    """Return whether TensorRT-RTX runs on cards of a compute capability, such as ``"8.6"``."""
    try:
        return sm in (_TURING, *_PORTABLE_OVER) or _number(sm) >= (12, 0)
    except ValueError:
        return False


def _number(sm: str) -> tuple[int, ...]:
    return tuple(int(part) for part in sm.split("."))


def is_older(sm: str) -> bool:
    """Return whether cards of a compute capability are older than what TensorRT-RTX and TensorRT 10.3 take."""
    try:
        return _number(sm) < (7, 5)
    except ValueError:
        return False


def _instead(sm: str) -> str:
    """Return the half sentence that leads on from a compute capability that no plan can be built for by that name."""
    if not re.fullmatch(r"\d{1,3}\.\d", sm):
        return "a compute capability is written like 8.9"
    if runs_on(sm):
        return f"{PORTABLE} is for such a card too"
    return f"choose backend '{'onnxruntime-cuda' if is_older(sm) else 'tensorrt'}' for such a card"
