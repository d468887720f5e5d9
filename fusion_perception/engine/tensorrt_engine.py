# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT and TensorRT-RTX: plans that were built beforehand, run from a CUDA graph on a stream of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.build_request import Builder, BuildOptions, BuildRequest
from fusion_perception.engine.cuda_session import CudaSession
from fusion_perception.engine.engine import EngineInfo
from fusion_perception.engine.metadata import ModelMetadata
from fusion_perception.engine.model_file import PLAN_MAGIC, ModelFile, open_model_file
from fusion_perception.engine.open_cuda import open_cuda_session
from fusion_perception.engine.plan_cache import (
    Plan,
    PlanCache,
    PlanIdentity,
    build_command,
    check_plan,
    read_plan,
)
from fusion_perception.engine.staged_engine import Done, StagedEngine
from fusion_perception.engine.tensorrt_common import LOG, create, identity_of, make_logger
from fusion_perception.engine.tensorrt_libraries import tensorrt_library
from fusion_perception.engine.tensorrt_plan import LoadedPlan, load_plan
from fusion_perception.errors import BackendError, ModelError
from fusion_perception.types import EngineOutputs


class TensorRTEngine(StagedEngine[LoadedPlan]):
    """Runs a model with TensorRT 10.3 or newer, or with TensorRT-RTX.

    Given an ONNX file, it looks for its plan in the cache and refuses to run without: building for TensorRT takes
    minutes and belongs to ``fusion-perception build``, unless ``build=True``. For TensorRT-RTX it takes about a
    second, and a missing plan is built whenever there is a ``builder``. Given a ``.plan`` file, it runs that. The plan
    with attribution is loaded when attribution is first asked for.

    Args:
        model: path of an ONNX file or of a plan, or an ONNX file already opened.
        library: ``"tensorrt"`` or ``"tensorrt-rtx"``.
        build: have a missing plan built now, by ``builder``.
        builder: what builds; ``open_engine`` gives ``build_in_process``.
        cache_dir: folder of the plans; None for the user's cache folder.
        device_id: number of the GPU.
        dla_core: use the plan for this DLA core instead of the GPU's.
        tf32: use the plan that may round FP32 products to TF32.
        cuda_graph: launch by a CUDA graph; without, kernels are queued one by one.
        eager_attribution: load both plans at once, so that no later call is slow.
        cuda: a device that is open already; it stays open when the engine is closed.

    Raises:
        ModelError: the model or its plan is missing, damaged, or made for other conditions.
        BackendError: the library, device memory or the GPU is missing, or the library does not run on this GPU.
    """

    def __init__(
        self,
        model: str | Path | ModelFile,
        *,
        library: str = "tensorrt",
        build: bool = False,
        builder: Builder | None = None,
        cache_dir: str | Path | None = None,
        device_id: int = 0,
        dla_core: int | None = None,
        tf32: bool = False,
        cuda_graph: bool = True,
        eager_attribution: bool = False,
        cuda: CudaSession | None = None,
    ) -> None:
        if build and builder is None:
            raise BackendError("build is True without a builder; open the model with open_engine, which gives one")
        self._library = tensorrt_library(library)
        self._trt = self._library.load()
        self._builder = builder if build or self._library.builds_unasked else None
        self._device_id, self._dla_core, self._tf32 = device_id, dla_core, tf32
        self._cuda_graph = cuda_graph
        self._cache = PlanCache(cache_dir)
        self._file: ModelFile | None = None
        self._given_plan: Plan | None = None
        if isinstance(model, ModelFile):
            self._file = model
        elif is_plan(Path(model)):
            self._given_plan = read_plan(model)
        else:
            self._file = open_model_file(model)
        self._notes: list[str] = []
        if self._file is not None:
            self._file, remark = self._library.chosen(self._file)
            self._notes += [remark] * bool(remark)
            self._library.check_file(self._file)
        self._owns_cuda = cuda is None
        self._cuda = cuda or open_cuda_session(device_id)
        self._loaded: dict[bool, LoadedPlan] = {}
        try:
            self._library.check_card(self._cuda)
            self._cuda.activate()  # the library takes the device that is current when its runtime is made
            self._logger = make_logger(self._trt)
            self._memory_before = self._cuda.memory_used()
            self._runtime = create(self._trt.Runtime, self._logger, self._library.title)
            if dla_core is not None:
                self._runtime.DLA_core = dla_core
            first = self._load(attribution=False)
            if eager_attribution and self._has_attribution:
                self._load(attribution=True)
        except Exception:
            self.close()
            raise
        self._info = self._describe(first)

    def _ready(self, attribution: bool) -> LoadedPlan:
        self._cuda.activate()
        return self._load(attribution)

    def _run(
        self, ready: LoadedPlan, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], attribution: bool, done: Done
    ) -> EngineOutputs:
        shown = [row.name for row in ready.plan.metadata.outputs(attribution=attribution)]
        for name, image in (("thermal", thermal), ("rgb", rgb)):
            np.copyto(ready.inputs[name].host, image)
            ready.inputs[name].upload()
        done()
        ready.launch()
        done()
        for name in shown:
            ready.outputs[name].download()
        self._cuda.synchronize()
        outputs = EngineOutputs.of({name: ready.outputs[name].host.copy() for name in shown})
        done()
        return outputs

    def _synchronize(self) -> None:
        self._cuda.synchronize()

    def device_memory(self) -> int:
        """Return by how many bytes the memory in use on the device has grown since the engine was opened."""
        return max(self._cuda.memory_used() - self._memory_before, 0)

    def close(self) -> None:
        """Free the device memory; calling it twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._cuda.activate()
        self._cuda.synchronize()
        self._loaded.clear()  # contexts and engines go before the memory they use
        if self._owns_cuda:
            self._cuda.close()

    @property
    def _has_attribution(self) -> bool:
        if self._given_plan is not None:
            return self._given_plan.identity.attribution
        return self._file is not None and self._file.has_attribution

    def _load(self, attribution: bool) -> LoadedPlan:
        if self._given_plan is not None:
            attribution = self._given_plan.identity.attribution  # one plan serves every call
        if attribution not in self._loaded:
            loaded = load_plan(
                self._plan(attribution),
                self._library,
                self._trt,
                self._runtime,
                self._logger,
                self._cuda,
                cuda_graph=self._cuda_graph,
            )
            self._notes += loaded.notes
            self._loaded[attribution] = loaded
        return self._loaded[attribution]

    def _plan(self, attribution: bool) -> Plan:
        if self._given_plan is not None:
            identity = self._given_plan.identity
            fitting = self._fitting(
                identity.model_sha256, self._given_plan.metadata, attribution=attribution, tf32=identity.tf32
            )
            if identity not in fitting:
                check_plan(self._given_plan, fitting[-1])
            return self._given_plan
        assert self._file is not None  # noqa: S101 - one of the two is always given
        fitting = self._fitting(self._file.sha256, self._file.metadata, attribution=attribution, tf32=self._tf32)
        plan = self._cached(self._file, fitting)
        if plan is None and self._builder is not None:
            self._build(self._file, self._builder, attribution)
            plan = self._cached(self._file, fitting)
        if plan is None:
            needed = fitting[-1]
            stale = self._cache.stale(needed)
            why = f"; {len(stale)} older plan(s) do not fit ({stale[0]})" if stale else ""
            variant = "with" if attribution else "without"
            title = self._library.title
            raise ModelError(
                f"{self._file.path} has no {title} plan {variant} attribution for {self._cuda.gpu} and {title} "
                f"{needed.tensorrt} in {self._cache.folder}{why}; build it with "
                f"{build_command(self._library.name, self._file.path)}"
            )
        return plan

    def _fitting(
        self, sha256: str, metadata: ModelMetadata, *, attribution: bool, tf32: bool
    ) -> tuple[PlanIdentity, ...]:
        """Return the identities of the plans that would run here, the best first."""
        return tuple(
            identity_of(
                self._library.name,
                str(self._trt.__version__),
                place,
                sha256,
                metadata,
                attribution=attribution,
                dla_core=self._dla_core,
                tf32=tf32,
            )
            for place in self._library.places(self._cuda)
        )

    def _cached(self, file: ModelFile, fitting: tuple[PlanIdentity, ...]) -> Plan | None:
        """Return the first plan that is there; a damaged one counts as missing where it is built unasked."""
        for identity in fitting:
            try:
                plan = self._cache.load(identity, file.metadata.name)
            except ModelError as error:
                if self._builder is None or not self._library.builds_unasked:
                    raise
                LOG.warning("%s", error)
                continue
            if plan is not None:
                return plan
        return None

    def _build(self, file: ModelFile, builder: Builder, attribution: bool) -> None:
        duration = "about a second" if self._library.builds_unasked else "minutes"
        LOG.info("building a %s plan for %s; this takes %s", self._library.title, file.path, duration)
        options = BuildOptions(self._library.name, attribution, tf32=self._tf32, dla_core=self._dla_core)
        builder(BuildRequest(str(file.path), options, str(self._cache.folder), self._device_id))

    def _describe(self, loaded: LoadedPlan) -> EngineInfo:
        library, version = self._cuda.library
        notes = list(self._notes)
        if self._library.builds_unasked and loaded.plan.build.get("parity") is None:
            model = "MODEL.onnx" if self._file is None else self._file.path
            notes.append(
                "the plan was never compared with ONNX Runtime; "
                f"{build_command(self._library.name, model)} on this machine compares it"
            )
        on_dla = "" if self._dla_core is None else f", DLA core {self._dla_core}"
        return EngineInfo(
            backend=self._library.name,
            device=f"cuda:{self._device_id} {self._cuda.gpu}{on_dla}",
            provider=f"{self._library.title} {self._trt.__version__}",
            precision=loaded.plan.metadata.precision,
            model_path=str(loaded.plan.path if self._file is None else self._file.path),
            metadata=loaded.plan.metadata,
            versions={self._library.name: str(self._trt.__version__), library: version},
            notes=tuple(notes),
        )


def is_plan(path: Path) -> bool:
    """Return whether a file is a plan, by its name or its first bytes."""
    try:
        with path.open("rb") as stream:
            return path.suffix == ".plan" or stream.read(len(PLAN_MAGIC)) == PLAN_MAGIC
    except (OSError, ValueError):
        return path.suffix == ".plan"
