# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.doctor import gpu_check
from fusion_perception.doctor.gpu_check import Gpu, check_gpu, find_gpus
from fusion_perception.doctor.surroundings import Output
from fusion_perception.errors import BackendError

ADA = Output(0, "NVIDIA RTX 4090, 8.9, 580.1\n")
HOPPER = Output(0, "NVIDIA H100, 9.0, 580.1\n")


@pytest.fixture
def installed(monkeypatch):
    """Which modules and packages there are, and the providers of ONNX Runtime."""

    class Ort:
        __version__ = "1.32.0"
        providers = ("CPUExecutionProvider",)

        @classmethod
        def get_available_providers(cls):
            return list(cls.providers)

    state = {"modules": set(), "packages": {"onnxruntime"}, "ort": Ort}
    monkeypatch.setattr(gpu_check.importlib.util, "find_spec", lambda name: name if name in state["modules"] else None)
    monkeypatch.setattr(gpu_check, "_version", lambda name: "11.4")
    monkeypatch.setattr(gpu_check, "_is_installed", lambda name: name in state["packages"])
    monkeypatch.setattr(gpu_check, "import_onnxruntime", lambda purpose: state["ort"])
    return state


def by_name(findings):
    return {finding.name: (finding.level, finding.text, finding.remedy) for finding in findings}


def test_none(machine, installed):
    found = by_name(check_gpu(machine.surroundings))
    assert found["GPU"] == ("ok", "none; models run on the CPU", "")
    assert found["TensorRT"] == ("ok", "not installed, and of no use without a GPU", "")
    assert found["ONNX Runtime"] == ("ok", "1.32.0 with CPU", "")


def test_a_card_without_its_libraries(machine, installed):
    machine.programs["nvidia-smi"] = ADA
    found = by_name(check_gpu(machine.surroundings))
    assert found["GPU"] == ("ok", "NVIDIA RTX 4090 (compute capability 8.9, driver 580.1)", "")
    assert found["TensorRT"][::2] == ("remark", "pip install 'fusion_perception[rtx]'")
    assert found["ONNX Runtime"][0] == "remark"
    assert "install onnxruntime-gpu" in found["ONNX Runtime"][2]


def test_a_card_that_rtx_does_not_run_on(machine, installed):
    machine.programs["nvidia-smi"] = HOPPER
    assert "pip install tensorrt" in by_name(check_gpu(machine.surroundings))["TensorRT"][2]
    installed["modules"] |= {"tensorrt_rtx_bindings"}
    level, text, remedy = by_name(check_gpu(machine.surroundings))["TensorRT"]
    assert (level, text) == ("remark", "TensorRT-RTX 11.4 does not run on this GPU")
    assert "pip install tensorrt" in remedy


def test_a_card_that_no_tensorrt_takes(machine, installed):
    machine.programs["nvidia-smi"] = Output(0, "NVIDIA TITAN X, 6.1, 580.1\n")
    found = by_name(check_gpu(machine.surroundings))
    assert found["TensorRT"] == ("ok", "not installed, and takes no GPU as old as this one", "")
    assert "install onnxruntime-gpu" in found["ONNX Runtime"][2]


def test_all_is_there(machine, installed):
    machine.programs["nvidia-smi"] = ADA
    installed["modules"] |= {"tensorrt", "tensorrt_rtx"}
    installed["ort"].providers = ("CUDAExecutionProvider", "CPUExecutionProvider")
    found = by_name(check_gpu(machine.surroundings))
    assert found["TensorRT"] == ("ok", "TensorRT 11.4, TensorRT-RTX 11.4", "")
    assert found["ONNX Runtime"] == ("ok", "1.32.0 with CUDA, CPU", "")
    installed["ort"].providers = ("CPUExecutionProvider",)


def test_a_driver_that_does_not_work(machine, installed):
    machine.programs["nvidia-smi"] = Output(9, "", "NVIDIA-SMI has failed: no communication with the driver\n")
    level, text, remedy = by_name(check_gpu(machine.surroundings))["GPU"]
    assert (level, text) == ("remark", "nvidia-smi finds none: NVIDIA-SMI has failed: no communication with the driver")
    assert remedy


def test_a_driver_whose_tool_is_missing(machine):
    machine.file("proc/driver/nvidia/version", "NVRM version: 580\n")
    assert find_gpus(machine.surroundings) == ([], "nvidia-smi finds none: nvidia-smi: not found")


def test_a_jetson(machine):
    machine.file("etc/nv_tegra_release", "# R36\n")
    machine.file("proc/device-tree/model", "NVIDIA Jetson AGX Orin\0")
    assert find_gpus(machine.surroundings) == ([Gpu("NVIDIA Jetson AGX Orin")], "")


@pytest.mark.parametrize(
    ("capability", "rtx"),
    [("7.5", True), ("8.0", True), ("8.6", True), ("8.7", False), ("9.0", False), ("11.0", False), ("12.0", True)],
)
def test_cards_of_tensorrt_rtx(capability, rtx):
    assert Gpu("x", capability).is_rtx is rtx


def test_onnxruntime_of_two_packages(machine, installed):
    installed["packages"] = {"onnxruntime", "onnxruntime-gpu"}
    level, text, remedy = by_name(check_gpu(machine.surroundings))["ONNX Runtime"]
    assert level == "wrong"
    assert "overwrite each other's files" in text
    assert "uninstall -y onnxruntime onnxruntime-gpu" in remedy


def test_onnxruntime_too_old_or_missing(machine, installed, monkeypatch):
    monkeypatch.setattr(installed["ort"], "__version__", "1.17.3")
    level, _, remedy = by_name(check_gpu(machine.surroundings))["ONNX Runtime"]
    assert (level, remedy) == ("wrong", "python3 -m pip install --upgrade 'onnxruntime>=1.18'")

    def missing(purpose):
        raise BackendError("needs the package 'onnxruntime'")

    monkeypatch.setattr(gpu_check, "import_onnxruntime", missing)
    assert by_name(check_gpu(machine.surroundings))["ONNX Runtime"][0] == "wrong"
