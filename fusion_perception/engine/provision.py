# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Build beforehand what a backend would want at its start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from fusion_perception.engine.build_process import BuiltPlan, build_in_process
from fusion_perception.engine.build_request import BuildOptions, BuildRequest
from fusion_perception.engine.model_file import ModelFile, open_model_file
from fusion_perception.engine.plan_cache import LIBRARIES
from fusion_perception.engine.tensorrt_engine import is_plan
from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.errors import FusionPerceptionError

BuildProcess = Callable[[BuildRequest, Callable[[str, float], None]], BuiltPlan]


class Log(Protocol):
    """Where it is told what happens."""

    def info(self, message: str) -> Any:
        """Take what is done."""

    def warning(self, message: str) -> Any:
        """Take what is not done, and why."""


def build_plans(
    model: Path,
    backend: str,
    log: Log,
    *,
    attribution: bool = True,
    device_id: int = 0,
    cache_dir: str | None = None,
    build: BuildProcess = build_in_process,
) -> int:
    """Build every plan that a backend looks for, whether it is there already or not.

    Args:
        model: file of the model.
        backend: one of ``BACKENDS``. ``"auto"`` builds for each library that is installed, and is content when one can.
        log: told what is built, where, how large and how long it took.
        attribution: also build the plan that computes the attribution, if the model has it.
        device_id: number of the GPU.
        cache_dir: folder of the plans; None for the user's cache folder.
        build: what builds one plan.

    Returns:
        How many plans were built: 0 where the backend needs none.

    Raises:
        ModelError: the model cannot be used or built.
        BackendError: a library or the GPU is missing.
    """
    if backend == "auto":
        libraries = [name for name in LIBRARIES if tensorrt_library(name).installed]
        reason = "neither TensorRT nor TensorRT-RTX is installed"
    else:
        libraries = [name for name in LIBRARIES if name == backend]
        reason = f"backend '{backend}' has no plans"
    if model.suffix in {".safetensors", ".ckpt"} or is_plan(model):
        libraries, reason = [], f"{model} is run as it is"
    if not libraries:
        log.info(f"nothing to build: {reason}")
        return 0
    file = open_model_file(model)
    built = 0
    failures: list[FusionPerceptionError] = []
    for library in libraries:
        try:
            for variant in (False, True) if attribution and file.has_attribution else (False,):
                options = BuildOptions(library, attribution=variant)
                _build_one(file, BuildRequest(str(file.path), options, cache_dir, device_id), build, log)
                built += 1
        except FusionPerceptionError as error:
            failures.append(error)
            if len(failures) == len(libraries):
                raise failures[0] from None
            log.warning(f"not built for {tensorrt_library(library).title}: {error}")
    return built


def _build_one(file: ModelFile, request: BuildRequest, build: BuildProcess, log: Log) -> None:
    what = f"{file.path.name}, {'with' if request.options.attribution else 'without'} attribution"
    title = tensorrt_library(request.options.library).title
    log.info(f"building {what}, for {title}")
    phases: list[str] = []

    def progress(phase: str, share: float) -> None:
        if not phases or phases[-1] != phase:
            phases.append(phase)
            log.info(f"  {phase}")

    report = build(request, progress)
    log.info(f"built {what}, for {title}")
    for line in report.lines():
        log.info(f"  {line}")
