# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX file -> TensorRT plan, accepted only if it agrees with ONNX Runtime.

Networks are strongly typed: FP16 and INT8 are in the graph, so there are no precision flags. (They
are gone in TensorRT 11; on TensorRT 10 the flag STRONGLY_TYPED asks for the same.)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter
from typing import Any

from fusion_perception.engine.cuda_session import CudaSession
from fusion_perception.engine.model_file import ModelFile
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.engine.open_cuda import open_cuda_session
from fusion_perception.engine.parity import ParityReport, compare_engines, synthetic_pairs
from fusion_perception.engine.plan_cache import PlanCache, PlanIdentity, write_plan
from fusion_perception.engine.tensorrt_common import create, identity_here, import_tensorrt, make_logger, reason
from fusion_perception.engine.tensorrt_engine import TensorRTEngine
from fusion_perception.errors import BackendError, ModelError

Progress = Callable[[str, float], None]
"""Called with the name of a phase and its done share, 0..1."""


@dataclass(frozen=True)
class BuildOptions:
    """How to build.

    Attributes:
        attribution: keep the attribution branch.
        optimization_level: TensorRT's 0 (fast build) .. 5 (slow build); 3 is TensorRT's default.
        workspace_mib: limit of the builder's scratch memory; 0 for all of the device's.
        tf32: let FP32 products be rounded to TF32. Off, so that FP32 means FP32.
        dla_core: DLA core to build for, or None for the GPU. Untested: no DLA was at hand.
        parity_pairs: image pairs on which the plan must agree with ONNX Runtime; 0 skips the check.
    """

    attribution: bool = False
    optimization_level: int = 3
    workspace_mib: int = 0
    tf32: bool = False
    dla_core: int | None = None
    parity_pairs: int = 4


@dataclass(frozen=True)
class BuildReport:
    """What a build gave.

    Attributes:
        plan: where the plan lies.
        identity: what it fits.
        seconds: time of the build; 0 if a fitting plan was there already.
        plan_bytes: size of the plan.
        parity: the comparison with ONNX Runtime, or None if it was skipped.
    """

    plan: Path
    identity: PlanIdentity
    seconds: float
    plan_bytes: int
    parity: ParityReport | None


def build_plan(
    file: ModelFile,
    options: BuildOptions | None = None,
    *,
    cache: PlanCache | None = None,
    cuda: CudaSession | None = None,
    device_id: int = 0,
    progress: Progress = lambda phase, share: None,
) -> BuildReport:
    """Build the plan of a model for this machine, check it, and put it into the cache.

    Args:
        file: the model.
        options: how to build; None for the defaults.
        cache: where to put it; None for the user's cache folder.
        cuda: the device; None to open ``device_id``.
        device_id: number of the GPU.
        progress: told about every phase.

    Raises:
        ModelError: TensorRT cannot parse or build the graph, or the plan disagrees with ONNX Runtime.
        BackendError: TensorRT, device memory or the GPU is missing.
    """
    options, cache = options or BuildOptions(), cache or PlanCache()
    if options.attribution and not file.has_attribution:
        raise ModelError(
            f"{file.path} has no attribution to build; export it with --attribution-steps, or leave it out"
        )
    trt = import_tensorrt()
    session = cuda or open_cuda_session(device_id)
    try:
        session.activate()  # TensorRT takes the device that is current when its builder is made
        return _build(trt, session, file, options, cache=cache, progress=progress)
    finally:
        if cuda is None:
            session.close()


def _build(
    trt: Any, cuda: CudaSession, file: ModelFile, options: BuildOptions, *, cache: PlanCache, progress: Progress
) -> BuildReport:
    metadata = file.metadata
    identity = identity_here(
        trt,
        cuda,
        file.sha256,
        metadata,
        attribution=options.attribution,
        dla_core=options.dla_core,
        tf32=options.tf32,
    )
    start = perf_counter()
    body, learnt = _compile(trt, file, options, timing=cache.load_timing(identity), progress=progress)
    seconds = perf_counter() - start
    cache.save_timing(identity, learnt)
    path = cache.path_of(identity, metadata.name)
    build = {
        "seconds": round(seconds, 1),
        "options": asdict(options),
        "built_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "parity": None,
    }
    # The plan earns its name only after it agreed: until then it lies beside it.
    trial = path.with_name(f".{path.stem}.{os.getpid()}.trial")
    try:
        write_plan(trial, identity, metadata, build, body)
        parity = _check_parity(file, trial, options, cuda, progress) if options.parity_pairs else None
        build["parity"] = None if parity is None else asdict(parity)
        if parity is not None and not parity.accepted:
            raise ModelError(
                f"the TensorRT plan of {file.path} disagrees with ONNX Runtime ({parity.failures()}) and was "
                "discarded; try another --optimization-level, or export the model in fp32"
            )
        write_plan(path, identity, metadata, build, body)
    finally:
        trial.unlink(missing_ok=True)
    return BuildReport(path, identity, seconds, len(body), parity)


def _compile(
    trt: Any, file: ModelFile, options: BuildOptions, *, timing: bytes, progress: Progress
) -> tuple[memoryview, bytes]:
    """Return the plan and the timing cache as it is after the build."""
    logger = make_logger(trt)
    builder = create(trt.Builder, logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    progress("parse", 0.0)
    if not parser.parse(file.data if options.attribution else file.without_attribution()):
        first = parser.get_error(0).desc() if parser.num_errors else reason(logger)
        raise ModelError(f"TensorRT {trt.__version__} cannot parse {file.path}: {first}; export it again")
    progress("parse", 1.0)

    config = builder.create_builder_config()
    config.builder_optimization_level = options.optimization_level
    if options.workspace_mib:
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace_mib << 20)
    if not options.tf32:
        config.clear_flag(trt.BuilderFlag.TF32)
    if options.dla_core is not None:
        if not 0 <= options.dla_core < builder.num_DLA_cores:
            raise BackendError(f"DLA core {options.dla_core}: this device has {builder.num_DLA_cores}; use the GPU")
        config.default_device_type = trt.DeviceType.DLA
        config.DLA_core = options.dla_core
        config.set_flag(trt.BuilderFlag.GPU_FALLBACK)
    timing_cache = config.create_timing_cache(timing)
    config.set_timing_cache(timing_cache, False)
    monitor = make_monitor(trt, progress)
    config.progress_monitor = monitor

    logger.errors.clear()
    serialized = builder.build_serialized_network(network, config)
    if serialized is None:
        raise ModelError(f"TensorRT {trt.__version__} cannot build {file.path}: {reason(logger)}")
    return memoryview(bytes(serialized)), bytes(config.get_timing_cache().serialize())


def make_monitor(trt: Any, progress: Progress) -> Any:
    """Return a ``trt.IProgressMonitor`` that reports the outermost phases."""

    class _Monitor(trt.IProgressMonitor):
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)  # the binding demands the explicit call
            self._steps: dict[str, int] = {}

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            if parent_phase is None:
                self._steps[phase_name] = max(num_steps, 1)
                progress(phase_name, 0.0)

        def step_complete(self, phase_name: str, step: int) -> bool:
            if phase_name in self._steps:
                progress(phase_name, min((step + 1) / self._steps[phase_name], 1.0))
            return True  # go on

        def phase_finish(self, phase_name: str) -> None:
            if self._steps.pop(phase_name, None) is not None:
                progress(phase_name, 1.0)

    return _Monitor()


def _check_parity(
    file: ModelFile, plan: Path, options: BuildOptions, cuda: CudaSession, progress: Progress
) -> ParityReport:
    progress("parity", 0.0)
    reference = OnnxRuntimeEngine(file)
    candidate = TensorRTEngine(plan, cuda=cuda, dla_core=options.dla_core)
    try:
        pairs = synthetic_pairs(file.metadata.height, file.metadata.width, options.parity_pairs)
        report = compare_engines(reference, candidate, pairs, attribution=options.attribution)
    finally:
        candidate.close()
        reference.close()
    progress("parity", 1.0)
    return report
