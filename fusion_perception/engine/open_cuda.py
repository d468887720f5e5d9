# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Open a device by cuda-python or by torch, whichever is there."""

from __future__ import annotations

import ctypes
import importlib

from fusion_perception.engine.cuda_python_session import CudaPythonSession, find_cudart
from fusion_perception.engine.cuda_session import CudaSession
from fusion_perception.engine.cuda_torch_session import TorchSession
from fusion_perception.errors import BackendError


def open_cuda_session(device_id: int = 0) -> CudaSession:
    """Return a session by cuda-python, else by torch.

    Raises:
        BackendError: neither is installed, or there is no usable GPU.
    """
    runtime = find_cudart()
    if runtime is not None:
        return CudaPythonSession(runtime, device_id)
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        raise BackendError(
            "device memory needs the package 'cuda-python' or 'torch'; install one: pip install cuda-python"
        ) from None
    if not torch.cuda.is_available():
        raise BackendError(
            "torch is installed but sees no CUDA device, and 'cuda-python' is not installed; "
            "check the driver with nvidia-smi, or pip install cuda-python"
        )
    return TorchSession(torch, device_id)


def driver_is_there() -> bool:
    """Whether NVIDIA's driver is installed, which says nothing about a usable GPU yet."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def cuda_devices() -> int:
    """Return how many CUDA devices the driver lets this process use; 0 without a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
            return 0
    except (AttributeError, OSError):
        return 0
    return count.value
