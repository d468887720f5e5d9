# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT as builder, engine and plans use it.

``tensorrt_rtx`` overrides here what TensorRT-RTX does otherwise; all else is written once, for both.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fusion_perception.engine.build_request import BuildOptions
from fusion_perception.engine.cuda_session import CudaSession
from fusion_perception.engine.model_file import ModelFile
from fusion_perception.engine.plan_cache import Plan
from fusion_perception.errors import BackendError, ModelError, require


@dataclass(frozen=True)
class OpenContext:
    """What executes a plan.

    Attributes:
        context: TensorRT's execution context; None where it could not be made.
        after_first_run: to be called once the first run is done; returns remarks a user should read.
        held: what must live as long as the context.
    """

    context: Any
    after_first_run: Callable[[], tuple[str, ...]] = tuple
    held: tuple[Any, ...] = ()


class TensorRTLibrary:
    """TensorRT itself.

    Attributes:
        name: of the backend, and of the library in identities of plans.
        title: its name in messages.
        modules: under which it may be imported, the usual one first.
        oldest: least version, and in words what that is.
        needs_card: it builds for the card that is there, and for no other.
        builds_unasked: building takes about a second, so that nobody has to ask for it.
        keeps_timing: its builder learns what it may use the next time.
        graph_by_itself: it makes CUDA graphs of its launches itself.
    """

    name: str = "tensorrt"
    title: str = "TensorRT"
    modules: tuple[str, ...] = ("tensorrt",)
    oldest: tuple[tuple[int, ...], str] = ((10,), "10.3 or newer (JetPack 6.1 or newer)")
    needs_card: bool = True
    builds_unasked: bool = False
    keeps_timing: bool = True
    graph_by_itself: bool = False

    def load(self) -> Any:
        """Return the library's module.

        Raises:
            BackendError: it is not installed, cannot be loaded, or is too old.
        """
        try:
            trt = require(self._installed() or self.modules[0], f"the {self.title} backend")
        except OSError as error:  # its libraries, or CUDA's, are missing or of another version
            raise BackendError(f"{self.title} is installed but cannot be loaded: {error}; install it again") from error
        version = str(trt.__version__)
        least, in_words = self.oldest
        numbers = tuple(int(part) for part in version.split(".")[: len(least)] if part.isdecimal())
        if numbers < least:
            raise BackendError(f"{self.title} {version} is installed; this package needs {in_words}")
        return trt

    @property
    def installed(self) -> bool:
        """Whether the module is there; it is not imported."""
        return bool(self._installed())

    def _installed(self) -> str:
        return next((name for name in self.modules if sys.modules.get(name) or importlib.util.find_spec(name)), "")

    def chosen(self, file: ModelFile) -> tuple[ModelFile, str]:
        """Return the file that is built and run where this one is asked for, and a remark; mostly that very file."""
        return file, ""

    def check_file(self, file: ModelFile) -> None:
        """Raise ModelError where this library cannot run what the file holds; the message names what can."""
        if file.metadata.int8_target == "cpu":
            raise ModelError(
                f"{file.path} is INT8 for ONNX Runtime on a CPU, which TensorRT does not parse; export the model with "
                "--int8-target tensorrt"
            )

    def check_options(self, options: BuildOptions) -> None:
        """Raise BackendError where this library has no such options."""
        if options.compute_capability:
            raise BackendError(
                f"TensorRT builds for the card that is there, not for compute capability "
                f"{options.compute_capability}; build on the robot, or take --for rtx for an RTX card"
            )

    def check_card(self, cuda: CudaSession) -> None:
        """Raise BackendError where this library does not run on this card; the message names what does."""

    def places(self, cuda: CudaSession) -> tuple[tuple[str, str], ...]:
        """Return what plans that run on this card may be built for, the best first: name and capability of cards."""
        return ((cuda.gpu, cuda.sm),)

    def target(self, cuda: CudaSession | None, options: BuildOptions) -> tuple[str, str]:
        """Return for what a plan is built: name and compute capability of the cards."""
        assert cuda is not None  # noqa: S101 - needs_card
        return cuda.gpu, cuda.sm

    def graph(self, data: bytes, sm: str) -> bytes:
        """Return a model's bytes as the parser gets them, for a plan of this compute capability."""
        return data

    def configure(self, trt: Any, builder: Any, config: Any, options: BuildOptions, sm: str) -> None:
        """Set up the builder's config; ``sm`` is the compute capability of ``target``.

        Raises:
            BackendError: the device has no such DLA core.
        """
        config.builder_optimization_level = options.optimization_level
        if options.workspace_mib:
            config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace_mib << 20)
        if options.dla_core is not None:
            if not 0 <= options.dla_core < builder.num_DLA_cores:
                raise BackendError(f"DLA core {options.dla_core}: this device has {builder.num_DLA_cores}; use the GPU")
            config.default_device_type = trt.DeviceType.DLA
            config.DLA_core = options.dla_core
            config.set_flag(trt.BuilderFlag.GPU_FALLBACK)

    def open_context(self, trt: Any, engine: Any, plan: Plan, cuda: CudaSession, *, cuda_graph: bool) -> OpenContext:
        """Make what executes the engine of a plan; ``cuda_graph`` asks for CUDA graphs of ``graph_by_itself``."""
        return OpenContext(engine.create_execution_context())
