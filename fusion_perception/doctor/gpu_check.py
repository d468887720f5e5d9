# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The GPU, and the libraries that compute on it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass

from fusion_perception.doctor.finding import OK, REMARK, WRONG, Finding
from fusion_perception.doctor.surroundings import Surroundings
from fusion_perception.engine.onnxruntime_engine import OLDEST, PROVIDERS
from fusion_perception.engine.onnxruntime_import import import_onnxruntime
from fusion_perception.engine.tensorrt_rtx import is_older, runs_on
from fusion_perception.errors import BackendError

_QUERY = ("nvidia-smi", "--query-gpu=name,compute_cap,driver_version", "--format=csv,noheader")
_LIBRARIES = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX", "tensorrt_rtx_bindings": "TensorRT-RTX"}


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU.

    Attributes:
        name: as its driver names it.
        capability: compute capability, for example ``"8.6"``; empty where it is not told.
        driver: version of the driver; empty where it is not told.
    """

    name: str
    capability: str = ""
    driver: str = ""

    @property
    def is_rtx(self) -> bool:
        """Whether TensorRT-RTX runs on it."""
        return runs_on(self.capability)


def find_gpus(at: Surroundings) -> tuple[list[Gpu], str]:
    """Return the GPUs, and what keeps them from being used, or an empty string."""
    output = at.run(_QUERY, 10.0)
    if output.status == 0:
        rows = [[part.strip() for part in line.split(",")] for line in output.out.splitlines() if line.strip()]
        return [Gpu(*row) for row in rows if len(row) == 3], ""
    if at.text("etc/nv_tegra_release"):
        return [Gpu(at.text("proc/device-tree/model") or "a Jetson")], ""
    if at.text("proc/driver/nvidia/version") or output.status is not None:
        return [], f"nvidia-smi finds none: {output.last_words}"
    return [], ""


def check_gpu(at: Surroundings) -> list[Finding]:
    """Look for a GPU, for TensorRT and TensorRT-RTX, and for ONNX Runtime's providers."""
    gpus, trouble = find_gpus(at)
    if trouble:
        remedy = "sudo ubuntu-drivers install, and start the machine again; in a container: docker run --gpus all"
        findings = [Finding("GPU", REMARK, trouble, remedy)]
    elif not gpus:
        findings = [Finding("GPU", OK, "none; models run on the CPU")]
    else:
        findings = [Finding("GPU", OK, "; ".join(_describe(gpu) for gpu in gpus))]
    return [*findings, _tensorrt(gpus), *_onnxruntime(gpus)]


def _describe(gpu: Gpu) -> str:
    details = [f"compute capability {gpu.capability}"] * bool(gpu.capability) + [f"driver {gpu.driver}"] * bool(
        gpu.driver
    )
    return f"{gpu.name} ({', '.join(details)})" if details else gpu.name


def _tensorrt(gpus: list[Gpu]) -> Finding:
    found: dict[str, str] = {}  # title -> version
    for module, title in _LIBRARIES.items():
        if importlib.util.find_spec(module) is not None:
            found.setdefault(title, _version(module))
    names = ", ".join(f"{title} {version}".strip() for title, version in found.items()) or "not installed"
    if not gpus:
        return Finding("TensorRT", OK, f"{names}, and of no use without a GPU")
    if all(is_older(gpu.capability) for gpu in gpus):
        return Finding("TensorRT", OK, f"{names}, and takes no GPU as old as this one")
    rtx = all(gpu.is_rtx for gpu in gpus)
    if not found:
        remedy = (
            "pip install 'fusion_perception[rtx]'"
            if rtx
            else "pip install tensorrt cuda-python (on a Jetson it is in JetPack)"
        )
        return Finding("TensorRT", REMARK, "not installed, and the fastest on this GPU", remedy)
    if set(found) == {"TensorRT-RTX"} and not rtx and any(gpu.capability for gpu in gpus):
        text = f"{names} does not run on this GPU"
        return Finding("TensorRT", REMARK, text, "pip install tensorrt cuda-python")
    return Finding("TensorRT", OK, names)


def _version(module: str) -> str:
    for name in importlib.metadata.packages_distributions().get(module, []):
        return importlib.metadata.version(name)
    return ""


def _onnxruntime(gpus: list[Gpu]) -> list[Finding]:
    name = "ONNX Runtime"
    try:
        ort = import_onnxruntime("running models")
    except BackendError as error:
        return [Finding(name, WRONG, str(error), "python3 -m pip install 'fusion_perception[onnx]'")]
    version = str(ort.__version__)
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    oldest = ".".join(map(str, OLDEST))
    if len(numbers) == 2 and numbers < OLDEST:
        text = f"{version} does not read the models"
        return [Finding(name, WRONG, text, f"python3 -m pip install --upgrade 'onnxruntime>={oldest}'")]
    providers = ort.get_available_providers()
    text = f"{version} with {', '.join(provider.removesuffix('ExecutionProvider') for provider in providers)}"
    installed = [package for package in ("onnxruntime", "onnxruntime-gpu") if _is_installed(package)]
    if len(installed) == 2:
        remedy = "python3 -m pip uninstall -y onnxruntime onnxruntime-gpu && python3 -m pip install onnxruntime-gpu"
        return [Finding(name, WRONG, f"{text}; onnxruntime and onnxruntime-gpu overwrite each other's files", remedy)]
    if gpus and PROVIDERS["cuda"] not in providers:
        remedy = "python3 -m pip uninstall -y onnxruntime && python3 -m pip install onnxruntime-gpu"
        return [Finding(name, REMARK, f"{text}: it does not use the GPU", remedy)]
    return [Finding(name, OK, text)]


def _is_installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
