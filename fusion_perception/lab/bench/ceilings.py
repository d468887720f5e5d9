# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the machine can do at best, measured: a large matrix product and a large copy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from fusion_perception.engine.onnxruntime_import import import_onnxruntime
from fusion_perception.errors import FusionPerceptionError, require
from fusion_perception.text import printable

_COPY_BYTES = 256 << 20  # far beyond any cache
_CPU_SIZE = 1536
_CUDA_SIZE = 8192
_REPEATS = 5


@dataclass(frozen=True)
class Ceilings:
    """The two limits of the roofline.

    Attributes:
        device: ``"cpu"`` or the GPU's name.
        threads: CPU threads used; 0 for a GPU.
        gflops: measured 10^9 operations a second by precision: ``fp32``, ``fp16``, ``int8``; what could not
            be measured is missing.
        gbytes: measured 10^9 bytes a second, read and write together.
        missing: why, by precision; None where nothing is.
    """

    device: str
    threads: int
    gflops: dict[str, float]
    gbytes: float
    missing: dict[str, str] | None = None


def _best(work: Callable[[], Any]) -> float:
    work()
    times = []
    for _ in range(_REPEATS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def measure_cpu(threads: int) -> Ceilings:
    """Measure this CPU with ONNX Runtime's matrix products and a threaded copy.

    Args:
        threads: number of threads, at least 1.
    """
    gflops, missing = {}, {}
    for precision in ("fp32", "int8"):
        try:
            run = _onnxruntime_product(precision, _CPU_SIZE, threads)
        except Exception as error:  # a missing package, or whatever ONNX Runtime raises
            missing[precision] = printable(str(error) or type(error).__name__)
            continue
        gflops[precision] = round(2 * _CPU_SIZE**3 / _best(run) / 1e9, 1)
    return Ceilings("cpu", threads, gflops, round(_cpu_copy(threads), 1), missing or None)


def _cpu_copy(threads: int) -> float:
    source = np.ones(_COPY_BYTES, np.uint8)
    target = np.zeros_like(source)
    parts = list(zip(np.array_split(source, threads), np.array_split(target, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:
        seconds = _best(lambda: list(pool.map(lambda part: np.copyto(part[1], part[0]), parts)))
    return 2 * _COPY_BYTES / seconds / 1e9


def _onnxruntime_product(precision: str, size: int, threads: int) -> Callable[[], Any]:
    onnx, ort = require("onnx", "measuring ceilings"), import_onnxruntime("measuring ceilings")
    helper, types = onnx.helper, onnx.TensorProto
    rng = np.random.default_rng(0)
    if precision == "fp32":
        inputs = [("a", types.FLOAT), ("b", types.FLOAT)]
        nodes, kind = [helper.make_node("MatMul", ["a", "b"], ["c"])], types.FLOAT
        constants: dict[str, Any] = {"b": rng.standard_normal((size, size), np.float32)}
        feed = {"a": rng.standard_normal((size, size), np.float32)}
    else:  # as in quantised models: 8-bit unsigned activations, 8-bit signed weights
        inputs = [("a", types.UINT8), ("b", types.INT8)]
        nodes, kind = [helper.make_node("MatMulInteger", ["a", "b"], ["c"])], types.INT32
        constants = {"b": rng.integers(-127, 128, (size, size), np.int8)}
        feed = {"a": rng.integers(0, 256, (size, size), np.uint8)}
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("a", inputs[0][1], [size, size])],
        [helper.make_tensor_value_info("c", kind, [size, size])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, feed)


def measure_cuda(device_id: int = 0) -> Ceilings | None:
    """Measure a GPU with torch; None where torch sees none."""
    try:
        torch = require("torch", "measuring ceilings of a GPU")
    except FusionPerceptionError:
        return None
    if not torch.cuda.is_available():
        return None
    device = torch.device("cuda", device_id)

    def timed(work: Callable[[], Any], repeats: int = 20) -> float:
        for _ in range(3):
            work()
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(repeats):
            work()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end)) / repeats / 1e3

    gflops = {}
    for precision, dtype in (("fp32", torch.float32), ("fp16", torch.float16)):
        matrix = torch.randn(_CUDA_SIZE, _CUDA_SIZE, device=device, dtype=dtype)
        gflops[precision] = round(2 * _CUDA_SIZE**3 / timed(partial(torch.matmul, matrix, matrix)) / 1e9, 1)
    source = torch.zeros(4 * _COPY_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    gbytes = 8 * _COPY_BYTES / timed(lambda: target.copy_(source)) / 1e9
    return Ceilings(str(torch.cuda.get_device_name(device)), 0, gflops, round(gbytes, 1))
