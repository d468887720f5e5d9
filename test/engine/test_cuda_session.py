# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""CUDA memory by cuda-python and by torch; the parts that need a GPU are run where there is one."""

import ctypes
import enum
import inspect
import re
import sys
import types

import numpy as np
import pytest

from fusion_perception.engine import cuda_python_session, open_cuda
from fusion_perception.engine.cuda_python_session import CudaPythonSession, find_cudart
from fusion_perception.engine.cuda_torch_session import TorchSession
from fusion_perception.engine.open_cuda import open_cuda_session
from fusion_perception.errors import BackendError


class Code(enum.IntEnum):
    cudaSuccess = 0
    cudaErrorMemoryAllocation = 2


def make_runtime() -> types.SimpleNamespace:
    """Return a stand-in for cuda.bindings.runtime on host memory; copies happen at once."""
    live, log = {}, []

    def allocate(size):
        memory = (ctypes.c_uint8 * size)()
        live[ctypes.addressof(memory)] = memory
        return Code.cudaSuccess, ctypes.addressof(memory)

    def free(pointer):
        del live[pointer]
        return (Code.cudaSuccess,)

    def copy(target, source, count, kind, stream):
        assert stream == 99
        log.append(kind)
        ctypes.memmove(target, source, count)
        return (Code.cudaSuccess,)

    def done(*values):
        return lambda *arguments: (Code.cudaSuccess, *values)

    return types.SimpleNamespace(
        live=live,
        log=log,
        cudaStreamNonBlocking=1,
        cudaMemcpyKind=types.SimpleNamespace(cudaMemcpyHostToDevice="in", cudaMemcpyDeviceToHost="out"),
        cudaStreamCaptureMode=types.SimpleNamespace(cudaStreamCaptureModeThreadLocal=1),
        cudaSetDevice=done(),
        cudaGetDeviceProperties=done(types.SimpleNamespace(name=b"Orin\0\0rest", major=8, minor=7)),
        cudaStreamCreateWithFlags=done(99),
        cudaRuntimeGetVersion=done(12060),
        cudaMalloc=allocate,
        cudaMallocHost=allocate,
        cudaFree=free,
        cudaFreeHost=free,
        cudaMemcpyAsync=copy,
        cudaStreamSynchronize=done(),
        cudaStreamDestroy=done(),
        cudaStreamBeginCapture=done(),
        cudaStreamEndCapture=done("graph"),
        cudaGraphInstantiate=done("executable"),
        cudaGraphDestroy=done(),
        cudaGraphExecDestroy=done(),
        cudaGraphLaunch=lambda executable, stream: (log.append(executable), (Code.cudaSuccess,))[1],
        cudaMemGetInfo=done(300, 1000),
    )


class TestCudaPythonSession:
    def test_device(self):
        session = CudaPythonSession(make_runtime())
        assert (session.gpu, session.sm, session.stream) == ("Orin", "8.7", 99)
        assert session.library == ("cuda-python", "12060")
        assert session.memory_used() == 700

    def test_copies(self):
        session = CudaPythonSession(make_runtime())
        one, two = session.buffer((2, 3)), session.buffer((2, 3))
        one.host[:] = np.arange(6).reshape(2, 3)
        one.upload()
        ctypes.memmove(two.pointer, one.pointer, 6)
        two.download()
        np.testing.assert_array_equal(two.host, one.host)
        assert session.runtime.log == ["in", "out"]

    def test_a_buffer_of_floats_holds_and_moves_all_their_bytes(self):
        session = CudaPythonSession(make_runtime())
        one, two = (session.buffer((2, 3, 2), "float32") for _ in range(2))
        one.host[:] = np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 3, 2)
        one.upload()
        ctypes.memmove(two.pointer, one.pointer, 48)
        two.download()
        assert two.host.dtype == np.float32
        np.testing.assert_array_equal(two.host, one.host)

    def test_capture(self):
        session, ran = CudaPythonSession(make_runtime()), []
        replay = session.capture(lambda: ran.append(1))
        assert ran == [1]
        assert session.runtime.log == []
        replay()
        assert session.runtime.log == ["executable"]

    def test_a_failing_capture_is_ended(self):
        session = CudaPythonSession(make_runtime())
        ended = []
        session.runtime.cudaStreamEndCapture = lambda stream: (ended.append(stream), (Code.cudaSuccess, None))[1]

        def work():
            raise BackendError("inside")

        with pytest.raises(BackendError, match="inside"):
            session.capture(work)
        assert ended == [99]

    def test_close_frees_everything_once(self):
        session = CudaPythonSession(make_runtime())
        session.buffer((4,))
        assert len(session.runtime.live) == 2
        session.close()
        session.close()
        assert session.runtime.live == {}

    def test_errors_are_named(self):
        runtime = make_runtime()
        session = CudaPythonSession(runtime)
        runtime.cudaMalloc = lambda size: (Code.cudaErrorMemoryAllocation, None)
        with pytest.raises(BackendError, match="CUDA reports cudaErrorMemoryAllocation from cudaMalloc"):
            session.buffer((4,))

    def test_every_call_exists_in_the_stand_in(self):
        assert used_calls() <= set(vars(make_runtime()))


def used_calls() -> set[str]:
    """Names of the CUDA runtime that the module uses."""
    source = inspect.getsource(cuda_python_session)
    return set(re.findall(r'"(cuda[A-Z]\w+)"', source)) | set(re.findall(r"runtime\.(cuda[A-Z]\w+)", source))


def test_every_call_exists_in_cuda_python():
    runtime = find_cudart()
    if runtime is None:
        pytest.skip("cuda-python is not installed")
    names = used_calls()
    assert len(names) > 15
    assert [n for n in names if not hasattr(runtime, n)] == []
    assert hasattr(runtime.cudaMemcpyKind, "cudaMemcpyHostToDevice")
    assert hasattr(runtime.cudaMemcpyKind, "cudaMemcpyDeviceToHost")
    assert hasattr(runtime.cudaStreamCaptureMode, "cudaStreamCaptureModeThreadLocal")


class TestChoice:
    def test_cuda_python_first(self, monkeypatch):
        monkeypatch.setattr(open_cuda, "find_cudart", make_runtime)
        assert isinstance(open_cuda_session(), CudaPythonSession)

    def test_nothing_installed(self, monkeypatch):
        monkeypatch.setattr(open_cuda, "find_cudart", lambda: None)
        monkeypatch.setitem(sys.modules, "torch", None)
        with pytest.raises(BackendError, match="needs the package 'cuda-python' or 'torch'"):
            open_cuda_session()

    def test_torch_without_a_gpu(self, monkeypatch):
        monkeypatch.setattr(open_cuda, "find_cudart", lambda: None)
        cuda = types.SimpleNamespace(is_available=lambda: False)
        monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda))
        with pytest.raises(BackendError, match="sees no CUDA device"):
            open_cuda_session()


class FakeTorch:
    """The part of torch with which a session opens; ``current`` is the current device."""

    __version__ = "2.0"

    def __init__(self) -> None:
        self.current = ("cuda", 0)
        self.cuda = types.SimpleNamespace(
            Stream=lambda device: types.SimpleNamespace(cuda_stream=99),
            get_device_name=lambda device: "Orin",
            get_device_capability=lambda device: (8, 7),
            set_device=self.set_device,
        )

    def device(self, kind, number):
        return kind, number

    def set_device(self, device) -> None:
        if device[1] > 3:
            raise RuntimeError("invalid device ordinal")
        self.current = device


class TestTorchSession:
    def test_the_device_is_current_once_it_is_open(self):
        torch = FakeTorch()
        session = TorchSession(torch, 3)
        assert torch.current == ("cuda", 3)
        assert (session.gpu, session.sm, session.stream, session.library) == ("Orin", "8.7", 99, ("torch", "2.0"))

    def test_a_device_that_is_not_there(self):
        with pytest.raises(BackendError, match="torch cannot use GPU 4: invalid device ordinal"):
            TorchSession(FakeTorch(), 4)


def test_torch_session_on_a_gpu():
    torch = pytest.importorskip("torch", reason="the session under test")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    session = TorchSession(torch)
    one, two = session.buffer((3, 4)), session.buffer((3, 4))
    one.host[:] = np.arange(12).reshape(3, 4)
    one.upload()

    def add() -> None:
        two.tensor.copy_(one.tensor + 1)

    with session.on_stream():
        add()
    session.synchronize()
    replay = session.capture(add)
    one.host[:] = 7
    one.upload()
    replay()
    two.download()
    session.synchronize()
    np.testing.assert_array_equal(two.host, np.full((3, 4), 8))
    block = session.page_locked(12)
    assert block.is_pinned()
    session.download(block, two.tensor.view(-1))
    session.synchronize()
    np.testing.assert_array_equal(block.numpy(), np.full(12, 8))
    assert session.sm.count(".") == 1
    assert session.memory_used() > 0
    session.close()
    session.close()


@pytest.mark.parametrize("there", [True, False])
def test_whether_the_driver_is_there(monkeypatch, there):
    def load(name):
        assert name == "libcuda.so.1"
        if not there:
            raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(open_cuda.ctypes, "CDLL", load)
    assert open_cuda.driver_is_there() is there
