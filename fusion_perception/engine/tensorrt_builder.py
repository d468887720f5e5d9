# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX file -> plan for TensorRT or TensorRT-RTX, accepted only if it agrees with ONNX Runtime.

TensorRT-RTX builds without a card as well; then nothing can be compared. Networks are strongly typed: FP16 and INT8 are
in the graph, so there are no precision flags. (They are gone in TensorRT 11; on TensorRT 10 the flag STRONGLY_TYPED
asks for the same.)
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter
from typing import Any

from fusion_perception.engine.build_request import BuildOptions
from fusion_perception.engine.cuda_session import CudaSession
from fusion_perception.engine.model_file import ModelFile
from fusion_perception.engine.onnxruntime_engine import OnnxRuntimeEngine
from fusion_perception.engine.open_cuda import open_cuda_session
from fusion_perception.engine.parity import ParityReport, compare_engines, synthetic_pairs
from fusion_perception.engine.plan_cache import PlanCache, PlanIdentity, write_plan
from fusion_perception.engine.tensorrt_common import create, identity_of, make_logger, reason
from fusion_perception.engine.tensorrt_engine import TensorRTEngine
from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.engine.tensorrt_library import TensorRTLibrary
from fusion_perception.errors import BackendError, ModelError

Progress = Callable[[str, float], None]
"""Called with the name of a phase and its done share, 0..1."""


@dataclass(frozen=True)
class BuildReport:
    """What a build gave.

    Attributes:
        plan: where the plan lies.
        identity: what it fits.
        seconds: time of the build; 0 if a fitting plan was there already.
        plan_bytes: size of the plan.
        parity: the comparison with ONNX Runtime, or None if it was not made.
        unchecked: why not.
        remark: which file was built instead of the one that was asked for, or why not.
    """

    plan: Path
    identity: PlanIdentity
    seconds: float
    plan_bytes: int
    parity: ParityReport | None
    unchecked: str = ""
    remark: str = ""


@dataclass(frozen=True)
class _Workshop:
    """What builds: the library with its module, and the card if there is one."""

    library: TensorRTLibrary
    trt: Any
    cuda: CudaSession | None
    why_no_card: str = ""


def build_plan(
    file: ModelFile,
    options: BuildOptions | None = None,
    *,
    cache: PlanCache | None = None,
    cuda: CudaSession | None = None,
    device_id: int = 0,
    progress: Progress = lambda phase, share: None,
) -> BuildReport:
    """Build the plan of a model, check it on the card that is here, and put it into the cache.

    Args:
        file: the model.
        options: how to build; None for the defaults.
        cache: where to put it; None for the user's cache folder.
        cuda: the device; None to open ``device_id``.
        device_id: number of the GPU.
        progress: told about every phase.

    Raises:
        ModelError: the library cannot parse or build the graph, the plan disagrees with ONNX Runtime, or the folder of
            plans cannot be written.
        BackendError: the library, device memory or the GPU is missing, or the library has no use for this GPU.
    """
    options, cache = options or BuildOptions(), cache or PlanCache()
    if options.attribution and not file.has_attribution:
        raise ModelError(
            f"{file.path} has no attribution to build; export it with --attribution-steps, or leave it out"
        )
    library = tensorrt_library(options.library)
    file, remark = library.chosen(file)
    library.check_options(options)
    library.check_file(file)
    trt = library.load()
    cache.check_writable()
    session, why_no_card = _find_card(library, cuda, device_id, options)
    try:
        if session is not None:
            session.activate()  # the library takes the device that is current when its builder is made
        workshop = _Workshop(library, trt, session, why_no_card)
        return replace(_build(workshop, file, options, cache=cache, progress=progress), remark=remark)
    finally:
        if cuda is None and session is not None:
            session.close()


def _find_card(
    library: TensorRTLibrary, cuda: CudaSession | None, device_id: int, options: BuildOptions
) -> tuple[CudaSession | None, str]:
    """Return the card, or None and why there is none, for a library that can do without.

    Raises:
        BackendError: the library needs one; or it does not run on the one that is here, and no other cards are named.
    """
    try:
        session = cuda or open_cuda_session(device_id)
    except BackendError as error:
        if library.needs_card:
            raise
        return None, f"no GPU can be used here ({error})"
    try:
        library.check_card(session)
    except BackendError as error:
        if cuda is None:
            session.close()
        if not options.compute_capability:
            raise BackendError(f"{error}; to build for other cards, name them by --compute-capability") from None
        return None, str(error)
    return session, ""


def _build(
    workshop: _Workshop, file: ModelFile, options: BuildOptions, *, cache: PlanCache, progress: Progress
) -> BuildReport:
    metadata, library = file.metadata, workshop.library
    identity = identity_of(
        library.name,
        str(workshop.trt.__version__),
        library.target(workshop.cuda, options),
        file.sha256,
        metadata,
        attribution=options.attribution,
        dla_core=options.dla_core,
        tf32=options.tf32,
    )
    timing = cache.load_timing(identity) if library.keeps_timing else None
    start = perf_counter()
    body, learnt = _compile(workshop, file, options, identity.sm, timing=timing, progress=progress)
    seconds = perf_counter() - start
    if learnt is not None:
        cache.save_timing(identity, learnt)
    path = cache.path_of(identity, metadata.name)
    build = {
        "seconds": round(seconds, 1),
        "options": asdict(options),
        "built_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "parity": None,
    }
    unchecked = _why_unchecked(workshop, identity, options)
    # The plan earns its name only after it agreed: until then it lies beside it.
    trial = path.with_name(f".{path.stem}.{os.getpid()}.trial")
    try:
        parity = None
        if not unchecked and workshop.cuda is not None:
            write_plan(trial, identity, metadata, build, body)
            parity = _check_parity(file, trial, options, workshop.cuda, progress)
        build["parity"] = None if parity is None else asdict(parity)
        if parity is not None and not parity.accepted:
            advice = "" if library.builds_unasked else "try another --optimization-level, or "
            raise ModelError(
                f"the {library.title} plan of {file.path} disagrees with ONNX Runtime ({parity.failures()}) and was "
                f"discarded; {advice}take the model in fp32"
            )
        write_plan(path, identity, metadata, build, body)
    finally:
        trial.unlink(missing_ok=True)
    return BuildReport(path, identity, seconds, len(body), parity, unchecked)


def _why_unchecked(workshop: _Workshop, identity: PlanIdentity, options: BuildOptions) -> str:
    """Return why the plan is not compared with ONNX Runtime, or an empty text."""
    library, cuda = workshop.library, workshop.cuda
    if not options.parity_pairs:
        return "0 pairs were asked for"
    if cuda is None:
        return workshop.why_no_card
    if (identity.gpu, identity.sm) not in library.places(cuda):
        return f"the card here has compute capability {cuda.sm}"
    if library.builds_unasked and importlib.util.find_spec("onnxruntime") is None:
        return "onnxruntime is not installed"
    return ""


def _compile(
    workshop: _Workshop, file: ModelFile, options: BuildOptions, sm: str, *, timing: bytes | None, progress: Progress
) -> tuple[memoryview, bytes | None]:
    """Return the plan, and the timing cache as it is after the build, where there is one."""
    library, trt = workshop.library, workshop.trt
    named = f"{library.title} {trt.__version__}"
    logger = make_logger(trt)
    builder = create(trt.Builder, logger, library.title)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    progress("parse", 0.0)
    data = file.data if options.attribution else file.without_attribution()
    if not parser.parse(library.graph(data, sm)):
        first = parser.get_error(0).desc() if parser.num_errors else reason(logger)
        raise ModelError(f"{named} cannot parse {file.path}: {first}; export it again")
    progress("parse", 1.0)

    config = builder.create_builder_config()
    if not options.tf32:
        config.clear_flag(trt.BuilderFlag.TF32)
    library.configure(trt, builder, config, options, sm)
    if timing is not None:
        timing_cache = config.create_timing_cache(timing)
        config.set_timing_cache(timing_cache, False)
    monitor = make_monitor(trt, progress)
    config.progress_monitor = monitor

    logger.errors.clear()
    serialized = builder.build_serialized_network(network, config)
    if serialized is None:
        raise ModelError(f"{named} cannot build {file.path} for compute capability {sm}: {reason(logger)}")
    learnt = None if timing is None else bytes(config.get_timing_cache().serialize())
    return memoryview(bytes(serialized)), learnt


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
    candidate = TensorRTEngine(plan, library=options.library, cuda=cuda, dla_core=options.dla_core)
    try:
        pairs = synthetic_pairs(file.metadata.height, file.metadata.width, options.parity_pairs)
        report = compare_engines(reference, candidate, pairs, attribution=options.attribution)
    finally:
        candidate.close()
        reference.close()
    progress("parity", 1.0)
    return report
