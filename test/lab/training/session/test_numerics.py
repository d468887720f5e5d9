# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import os

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.session.numerics import numerics  # noqa: E402


def settings() -> tuple:
    cudnn = torch.backends.cudnn
    return (
        torch.are_deterministic_algorithms_enabled(),
        cudnn.deterministic,
        cudnn.benchmark,
        cudnn.allow_tf32,
        torch.get_float32_matmul_precision(),
    )


@pytest.mark.parametrize(
    ("device", "precision", "deterministic", "expected"),
    [
        ("cpu", "fp32", False, (False, False, False, True, "highest")),
        ("cpu", "fp32", True, (True, True, False, True, "highest")),
        ("cuda", "bf16", False, (False, False, True, True, "high")),
        ("cuda", "bf16", True, (True, True, False, True, "high")),
        ("cuda", "fp32", False, (False, False, True, False, "highest")),
    ],
)
def test_what_is_set_and_put_back(
    device: str, precision: str, deterministic: bool, expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "mine")
    before = settings()
    with pytest.raises(KeyError), numerics(torch.device(device), precision, deterministic=deterministic):
        assert settings() == expected
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == "mine"
        raise KeyError
    assert settings() == before


def test_cublas_is_told_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    with numerics(torch.device("cuda"), "bf16", deterministic=True):
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
