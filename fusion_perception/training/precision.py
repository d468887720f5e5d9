# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""In which floating-point format networks run while they train."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from fusion_perception.training.choices import PRECISIONS


class Precision:
    """Autocast for the forward pass of networks; losses are computed in float32 outside of it.

    Args:
        name: ``"fp32"``; ``"bf16"``: bfloat16 autocast; ``"auto"``: bf16 on CUDA, fp32 elsewhere.
        device: where the networks run.

    Raises:
        ValueError: an unknown name.
    """

    def __init__(self, name: str = "fp32", device: torch.device | str = "cpu") -> None:
        if name not in PRECISIONS:
            raise ValueError(f"unknown precision '{name}'; allowed: {', '.join(PRECISIONS)}")
        self.device_type = torch.device(device).type
        self.name = name if name != "auto" else "bf16" if self.device_type == "cuda" else "fp32"

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context for a forward pass."""
        if self.name == "fp32":
            return nullcontext()
        return torch.autocast(self.device_type, dtype=torch.bfloat16)
