# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A plan on the device, ready to run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fusion_perception.engine.cuda_session import CudaBuffer, CudaSession
from fusion_perception.engine.model_file import input_shapes
from fusion_perception.engine.plan_cache import Plan, build_again
from fusion_perception.engine.tensorrt_common import reason
from fusion_perception.engine.tensorrt_library import TensorRTLibrary
from fusion_perception.errors import BackendError, ModelError


@dataclass(frozen=True)
class LoadedPlan:
    """One plan on the device.

    Attributes:
        plan: what was loaded.
        context: what executes it.
        held: what must outlive the context.
        inputs: name -> buffer.
        outputs: likewise.
        launch: queues one run on the session's stream.
        notes: remarks a user should read.
    """

    plan: Plan
    context: Any
    held: tuple[Any, ...]
    inputs: dict[str, CudaBuffer]
    outputs: dict[str, CudaBuffer]
    launch: Callable[[], None]
    notes: tuple[str, ...] = ()


def load_plan(
    plan: Plan,
    library: TensorRTLibrary,
    trt: Any,
    runtime: Any,
    logger: Any,
    cuda: CudaSession,
    *,
    cuda_graph: bool,
) -> LoadedPlan:
    """Bring a plan onto the device and run it once.

    Args:
        plan: read, and known to fit library and GPU.
        library: that built it.
        trt: its module.
        runtime: its runtime.
        logger: of the runtime, for TensorRT's reasons.
        cuda: memory and stream.
        cuda_graph: make a CUDA graph of the launch; without, kernels are queued one by one.

    Raises:
        ModelError: TensorRT refuses the plan, or its tensors are others than its description promises.
        BackendError: it cannot be run.
    """
    logger.errors.clear()
    engine = runtime.deserialize_cuda_engine(plan.body)
    if engine is None:
        raise ModelError(f"{library.title} refuses {plan.path}: {reason(logger)}; {build_again(plan.identity.library)}")
    _check_tensors(plan, trt, engine)
    opened = library.open_context(trt, engine, plan, cuda, cuda_graph=cuda_graph)
    context = opened.context
    if context is None:
        raise BackendError(f"{library.title} cannot run {plan.path}: {reason(logger)}; is device memory free?")
    inputs = {name: cuda.buffer(shape) for name, shape in input_shapes(plan.metadata).items()}
    size = plan.metadata.height, plan.metadata.width
    rows = plan.metadata.outputs(attribution=plan.identity.attribution)
    outputs = {row.name: cuda.buffer(row.shape(*size), row.dtype) for row in rows}
    for name, buffer in (inputs | outputs).items():
        if not context.set_tensor_address(name, buffer.pointer):
            raise BackendError(
                f"{library.title} takes no address for '{name}': {reason(logger)}; {build_again(plan.identity.library)}"
            )

    def enqueue() -> None:
        if not context.execute_async_v3(cuda.stream):
            raise BackendError(f"{library.title} failed on {plan.path}: {reason(logger)}; restart the program")

    enqueue()  # the library finishes its set-up in the first run, which therefore cannot be captured
    cuda.synchronize()
    launch, notes = enqueue, opened.after_first_run()
    if cuda_graph and not library.graph_by_itself:
        try:
            launch = cuda.capture(enqueue)
        except (BackendError, RuntimeError) as error:
            with contextlib.suppress(BackendError, RuntimeError):
                cuda.synchronize()
            notes = (*notes, f"no CUDA graph ({error}); kernels are queued one by one")
    return LoadedPlan(plan, context, (*opened.held, engine), inputs, outputs, launch, notes)


def _check_tensors(plan: Plan, trt: Any, engine: Any) -> None:
    dtypes = {"uint8": trt.DataType.UINT8, "float32": trt.DataType.FLOAT}
    size = plan.metadata.height, plan.metadata.width
    wanted = {
        name: (trt.TensorIOMode.INPUT, dtypes["uint8"], shape) for name, shape in input_shapes(plan.metadata).items()
    }
    for row in plan.metadata.outputs(attribution=plan.identity.attribution):
        wanted[row.name] = (trt.TensorIOMode.OUTPUT, dtypes[row.dtype], row.shape(*size))
    found = {}
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        shape = tuple(engine.get_tensor_shape(name))
        found[name] = (engine.get_tensor_mode(name), engine.get_tensor_dtype(name), shape)
    if found != wanted:
        raise ModelError(
            f"{plan.path} has the tensors {', '.join(found) or 'none'}; its description promises "
            f"{', '.join(wanted)}, sizes and element types included; {build_again(plan.identity.library)}"
        )
