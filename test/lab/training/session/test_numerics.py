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
    ("device", "deterministic", "expected"),
    [
        ("cpu", False, (False, False, False, True, "high")),
        ("cpu", True, (True, True, False, True, "high")),
        ("cuda", False, (False, False, True, False, "highest")),
        ("cuda", True, (True, True, False, False, "highest")),
    ],
)
def test_what_is_set_and_put_back(
    device: str, deterministic: bool, expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "mine")
    torch.set_float32_matmul_precision("high")  # as somebody else may have left it
    before = settings()
    with pytest.raises(KeyError), numerics(torch.device(device), deterministic=deterministic):
        assert settings() == expected
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == "mine"
        raise KeyError
    assert settings() == before
    torch.set_float32_matmul_precision("highest")


def test_cublas_is_told_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    with numerics(torch.device("cuda"), deterministic=True):
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
