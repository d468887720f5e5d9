# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for TensorRT and CUDA that computes with ONNX Runtime on the host.

It lets the logic around TensorRT run where there is no GPU. Its names are checked against the real
bindings in test_tensorrt_api.py. Work on its stream is done when somebody waits, not before.
"""

from __future__ import annotations

import ctypes
import enum
import math
import threading
import types

import numpy as np

BARE_PLAN = b"fake plan:"


class FakeBuffer:
    def __init__(self, session: FakeCuda, shape: tuple[int, ...], dtype: str) -> None:
        self._session = session
        self.host = np.full(shape, 255, dtype)
        self.device = np.zeros(shape, dtype)
        self.pointer = self.device.ctypes.data

    def upload(self) -> None:
        self._session.queue(lambda: np.copyto(self.device, self.host))

    def download(self) -> None:
        self._session.queue(lambda: np.copyto(self.host, self.device))


class FakeCuda:
    gpu, sm, stream, library = "Fake GPU", "8.7", 4711, ("fake-cuda", "1")

    def __init__(self) -> None:
        self._queue: list = []
        self._recording: list | None = None
        self.buffers: list[FakeBuffer] = []
        self.captures = self.closes = 0
        self.refuse_capture = False
        self.active_in: int | None = None

    def activate(self) -> None:
        self.active_in = threading.get_ident()

    def queue(self, work) -> None:
        (self._queue if self._recording is None else self._recording).append(work)

    def buffer(self, shape: tuple[int, ...], dtype: str = "uint8") -> FakeBuffer:
        self.buffers.append(FakeBuffer(self, shape, dtype))
        return self.buffers[-1]

    def synchronize(self) -> None:
        queue, self._queue = self._queue, []
        for work in queue:
            work()

    def capture(self, work):
        if self.refuse_capture:
            raise RuntimeError("operation not permitted when stream is capturing")
        self._recording = recorded = []
        try:
            work()
        finally:
            self._recording = None
        self.captures += 1
        return lambda: self._queue.extend(recorded)

    def memory_used(self) -> int:
        return 123 << 20

    def close(self) -> None:
        self.closes += 1


def make_fake_tensorrt(cuda: FakeCuda, version: str = "10.3.0") -> types.ModuleType:
    """Return a module that looks like the used part of ``tensorrt``."""
    import onnx
    import onnxruntime as ort

    trt = types.ModuleType("tensorrt")
    trt.__version__ = version
    trt.state = types.SimpleNamespace(refuse="", wrong=0, flags=[], builds=0, dla_cores=0, timing_seen=[])

    class Severity(enum.IntEnum):
        INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE = range(5)

    class ILogger:
        def __init__(self) -> None:
            self.initialised = True

    class IProgressMonitor:
        def __init__(self) -> None:
            self.initialised = True

    class NetworkDefinitionCreationFlag(enum.IntEnum):
        STRONGLY_TYPED = 1

    class BuilderFlag(enum.IntEnum):
        TF32 = 1
        GPU_FALLBACK = 2

    class MemoryPoolType(enum.IntEnum):
        WORKSPACE = 0

    class DeviceType(enum.IntEnum):
        GPU, DLA = 0, 1

    class TensorIOMode(enum.IntEnum):
        NONE, INPUT, OUTPUT = 0, 1, 2

    class DataType(enum.IntEnum):
        FLOAT, UINT8 = 0, 1

    class ParserError:
        def __init__(self, text: str) -> None:
            self._text = text

        def desc(self) -> str:
            return self._text

    class INetworkDefinition:
        model = b""

    class OnnxParser:
        def __init__(self, network: INetworkDefinition, logger: ILogger) -> None:
            assert logger.initialised
            self._network, self._errors = network, []

        @property
        def num_errors(self) -> int:
            return len(self._errors)

        def get_error(self, index: int) -> ParserError:
            return self._errors[index]

        def parse(self, model: bytes) -> bool:
            if trt.state.refuse == "parse":
                self._errors.append(ParserError("no importer for operator Strange"))
                return False
            self._network.model = bytes(model)
            return True

    class ITimingCache:
        def __init__(self, content: bytes) -> None:
            self.content = content

        def serialize(self) -> bytes:
            return self.content

    class IBuilderConfig:
        def __init__(self) -> None:
            self.builder_optimization_level = 3
            self.flags = {BuilderFlag.TF32}
            self.default_device_type = DeviceType.GPU
            self.DLA_core = -1
            self.progress_monitor = None
            self.pools: dict = {}
            self._cache = ITimingCache(b"")

        def set_flag(self, flag: BuilderFlag) -> None:
            self.flags.add(flag)

        def clear_flag(self, flag: BuilderFlag) -> None:
            self.flags.discard(flag)

        def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: int) -> None:
            self.pools[pool] = pool_size

        def create_timing_cache(self, serialized_timing_cache: bytes) -> ITimingCache:
            trt.state.timing_seen.append(serialized_timing_cache)
            return ITimingCache(serialized_timing_cache)

        def set_timing_cache(self, cache: ITimingCache, ignore_mismatch: bool) -> bool:
            self._cache = cache
            return True

        def get_timing_cache(self) -> ITimingCache:
            return self._cache

    class Builder:
        def __init__(self, logger: ILogger) -> None:
            assert logger.initialised
            if trt.state.refuse == "start":
                raise TypeError("pybind11::init(): factory function returned nullptr")
            assert cuda.active_in == threading.get_ident(), "the device is not current in this thread"
            self._logger = logger
            self.num_DLA_cores = trt.state.dla_cores

        def create_network(self, flags: int = 0) -> INetworkDefinition:
            trt.state.flags.append(flags)
            return INetworkDefinition()

        def create_builder_config(self) -> IBuilderConfig:
            trt.state.config = IBuilderConfig()
            return trt.state.config

        def build_serialized_network(self, network: INetworkDefinition, config: IBuilderConfig) -> bytes | None:
            trt.state.builds += 1
            monitor = config.progress_monitor
            monitor.phase_start("Building Engine", None, 2)
            monitor.phase_start("Timing", "Building Engine", 9)
            monitor.step_complete("Timing", 0)
            monitor.phase_finish("Timing")
            for step in range(2):
                assert monitor.step_complete("Building Engine", step)
            monitor.phase_finish("Building Engine")
            if trt.state.refuse == "build":
                self._logger.log(Severity.ERROR, "could not find any implementation for node Foo\nmore")
                return None
            config.get_timing_cache().content += b"learnt;"
            return BARE_PLAN + network.model

    class IExecutionContext:
        def __init__(self, session) -> None:
            self._session, self._addresses = session, {}

        def set_tensor_address(self, name: str, memory: int) -> bool:
            self._addresses[name] = memory
            return trt.state.refuse != "address"

        def _array(self, tensor) -> np.ndarray:
            kind = ctypes.c_uint8 if tensor.type == "tensor(uint8)" else ctypes.c_float
            memory = (kind * math.prod(tensor.shape)).from_address(self._addresses[tensor.name])
            return np.ctypeslib.as_array(memory).reshape(tensor.shape)

        def execute_async_v3(self, stream_handle: int) -> bool:
            assert stream_handle == cuda.stream
            assert cuda.active_in in {None, threading.get_ident()}, "the device is not current in this thread"

            def work() -> None:
                feeds = {i.name: self._array(i) for i in self._session.get_inputs()}
                for tensor, value in zip(self._session.get_outputs(), self._session.run(None, feeds), strict=True):
                    np.copyto(self._array(tensor), value + np.uint8(trt.state.wrong))

            cuda.queue(work)
            return trt.state.refuse != "execute"

    class ICudaEngine:
        def __init__(self, model: bytes) -> None:
            self._session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
            ins, outs = self._session.get_inputs(), self._session.get_outputs()
            self._tensors = {t.name: (t, TensorIOMode.INPUT) for t in ins}
            self._tensors |= {t.name: (t, TensorIOMode.OUTPUT) for t in outs}

        @property
        def num_io_tensors(self) -> int:
            return len(self._tensors)

        def get_tensor_name(self, index: int) -> str:
            return list(self._tensors)[index]

        def get_tensor_mode(self, name: str) -> TensorIOMode:
            return self._tensors[name][1]

        def get_tensor_dtype(self, name: str) -> DataType:
            return DataType.UINT8 if self._tensors[name][0].type == "tensor(uint8)" else DataType.FLOAT

        def get_tensor_shape(self, name: str) -> tuple[int, ...]:
            return tuple(self._tensors[name][0].shape)

        def create_execution_context(self) -> IExecutionContext | None:
            return None if trt.state.refuse == "context" else IExecutionContext(self._session)

    class Runtime:
        def __init__(self, logger: ILogger) -> None:
            assert logger.initialised
            if trt.state.refuse == "start":
                logger.log(Severity.ERROR, "CUDA initialization failure with error: 35")
                raise TypeError("pybind11::init(): factory function returned nullptr")
            assert cuda.active_in == threading.get_ident(), "the device is not current in this thread"
            self._logger = logger
            self.DLA_core = -1

        def deserialize_cuda_engine(self, serialized_engine: memoryview) -> ICudaEngine | None:
            data = bytes(serialized_engine)
            if not data.startswith(BARE_PLAN):
                self._logger.log(Severity.ERROR, "Serialization assertion magicTagRead == magicTag failed")
                return None
            onnx.load_from_string(data[len(BARE_PLAN) :])
            return ICudaEngine(data[len(BARE_PLAN) :])

    for name, value in list(locals().items()):
        if isinstance(value, type):
            setattr(trt, name, value)
    return trt
