# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which device of torch is meant, and whether it is there."""

from __future__ import annotations

from typing import Any

from fusion_perception.errors import BackendError


def open_device(torch: Any, device: str, device_id: int = 0) -> Any:
    """Return a ``torch.device``.

    Args:
        torch: the package.
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
        device_id: number of the GPU where ``device`` is ``"cuda"``.

    Raises:
        BackendError: there is no such device, or torch sees no GPU.
    """
    try:
        found = torch.device(f"cuda:{device_id}" if device == "cuda" else device)
    except RuntimeError as error:
        raise BackendError(f"unknown torch device '{device}'; allowed: cpu, cuda, cuda:N") from error
    if found.type not in {"cpu", "cuda"}:
        raise BackendError(f"torch device '{device}' is not supported; allowed: cpu, cuda, cuda:N")
    if found.type == "cuda" and not torch.cuda.is_available():
        raise BackendError("torch sees no CUDA device; check the driver with nvidia-smi, or choose device 'cpu'")
    return found
