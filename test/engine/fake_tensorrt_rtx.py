# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for TensorRT-RTX: that of TensorRT, and what the package uses of TensorRT-RTX besides.

Its names are checked against the real bindings in test_tensorrt_api.py. "Kernels" are compiled when a context is made,
and counted in ``state.compiled``.
"""

from __future__ import annotations

import enum
import types

from .fake_tensorrt import FakeCuda, make_fake_tensorrt


class FakeRtxCard(FakeCuda):
    gpu, sm = "Fake RTX", "8.9"


def make_fake_tensorrt_rtx(cuda: FakeCuda, version: str = "1.7.1.116") -> types.ModuleType:
    """Return a module that looks like the used part of ``tensorrt_rtx``."""
    trt = make_fake_tensorrt(cuda, version)
    trt.state.compiled, trt.state.contexts, trt.state.cards = 0, [], []
    trt.state.driver = "580"  # of which the kernels are

    class ComputeCapability(enum.IntEnum):
        NONE, CURRENT = 0, 1
        SM75, SM80, SM86, SM89, SM120, SM121 = 75, 80, 86, 89, 120, 121

    class CudaGraphStrategy(enum.IntEnum):
        DISABLED, WHOLE_GRAPH_CAPTURE = 0, 1

    class IBuilderConfig(trt.IBuilderConfig):
        def __init__(self) -> None:
            super().__init__()
            self.num_compute_capabilities = 0

        def set_compute_capability(self, compute_capability: ComputeCapability, index: int) -> bool:
            assert index < self.num_compute_capabilities
            trt.state.cards.append(compute_capability)
            return True

        def create_timing_cache(self, serialized_timing_cache: bytes):
            raise AssertionError("a no-op of TensorRT-RTX that warns")

        get_timing_cache = set_timing_cache = create_timing_cache

    class Builder(trt.Builder):
        def create_builder_config(self) -> IBuilderConfig:
            trt.state.config = IBuilderConfig()
            return trt.state.config

        def build_serialized_network(self, network, config) -> bytes | None:
            config.get_timing_cache = lambda: types.SimpleNamespace(content=b"")  # which the stand-in of TensorRT fills
            return super().build_serialized_network(network, config)

    class IRuntimeCache:
        def __init__(self) -> None:
            self.blob = b""

        def deserialize(self, blob: bytes) -> bool:
            if not bytes(blob).startswith(f"{cuda.gpu} {trt.state.driver}:".encode()):
                return False
            self.blob = bytes(blob)
            return True

        def serialize(self) -> bytes:
            return self.blob

    class IRuntimeConfig:
        def __init__(self) -> None:
            self.cuda_graph_strategy = CudaGraphStrategy.DISABLED
            self.cache: IRuntimeCache | None = None

        def create_runtime_cache(self) -> IRuntimeCache:
            return IRuntimeCache()

        def set_runtime_cache(self, cache: IRuntimeCache) -> bool:
            self.cache = cache
            return True

    class ICudaEngine(trt.ICudaEngine):
        def create_runtime_config(self) -> IRuntimeConfig:
            return IRuntimeConfig()

        def create_execution_context(self, runtime_config: IRuntimeConfig | None = None):
            assert runtime_config is not None, "without it, kernels are compiled at each start"
            trt.state.contexts.append(runtime_config)
            if not runtime_config.cache.blob:
                trt.state.compiled += 1
                runtime_config.cache.blob = f"{cuda.gpu} {trt.state.driver}: kernels".encode()
            return super().create_execution_context()

    class Runtime(trt.Runtime):
        def deserialize_cuda_engine(self, serialized_engine: memoryview) -> ICudaEngine | None:
            engine = super().deserialize_cuda_engine(serialized_engine)
            if engine is not None:
                engine.__class__ = ICudaEngine
            return engine

    for name, value in list(locals().items()):
        if isinstance(value, type):
            setattr(trt, name, value)
    return trt
