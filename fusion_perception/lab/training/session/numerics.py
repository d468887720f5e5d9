# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How exactly, and how fast, PyTorch computes during a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils import deterministic as filling

_WORKSPACE = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
"""What cuBLAS needs to give the same sums each time; read when it is first used."""


@contextmanager
def numerics(device: torch.device, *, deterministic: bool) -> Iterator[None]:
    """Set PyTorch up for a run, and put it back afterwards.

    On a GPU, float32 means float32 and not TF32, also beside bfloat16 networks: what is left in float32 there are
    losses, and a structural similarity by TF32 has errors as large as the constants that keep it finite. Convolutions
    take the algorithm that was fastest when it was tried, unless the results have to be the same each time.

    Args:
        device: where the networks run.
        deterministic: the same seed and device give the same weights; PyTorch warns where it has no such algorithm.
    """
    cudnn, matmul = torch.backends.cudnn, torch.get_float32_matmul_precision()
    before = (cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, filling.fill_uninitialized_memory)
    modes = (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled())
    on_gpu = device.type == "cuda"
    if deterministic and on_gpu:
        os.environ.setdefault(*_WORKSPACE)
    try:
        torch.use_deterministic_algorithms(deterministic, warn_only=True)
        filling.fill_uninitialized_memory = False  # finds faults of PyTorch, and costs time
        cudnn.deterministic, cudnn.benchmark = deterministic, on_gpu and not deterministic
        if on_gpu:
            cudnn.allow_tf32 = False
            torch.set_float32_matmul_precision("highest")
        yield
    finally:
        torch.use_deterministic_algorithms(modes[0], warn_only=modes[1])
        cudnn.deterministic, cudnn.benchmark, cudnn.allow_tf32, filling.fill_uninitialized_memory = before
        torch.set_float32_matmul_precision(matmul)
