# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""In which floating-point format networks run while they train."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from fusion_perception.lab.training.choices import PRECISIONS


class DilatedInSingle(TorchFunctionMode):
    """Keeps dilated convolutions in float32 under a CPU's autocast.

    Their bfloat16 weight gradient in oneDNN, as PyTorch 2.13 ships it, reads outside of its arrays: not-a-numbers out
    of finite inputs, or a crash (seen on a CPU with AVX-512 bfloat16; 40 -> 8 channels, dilation 2, 192 x 256).
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run ``func``; a dilated ``conv2d`` on float32 copies."""
        if func is F.conv2d and len(args) > 5 and tuple(args[5]) != (1, 1):
            with torch.autocast("cpu", enabled=False):
                return func(*(a.float() if isinstance(a, torch.Tensor) else a for a in args), **(kwargs or {}))
        return func(*args, **(kwargs or {}))


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
        return self._half()

    @contextmanager
    def _half(self) -> Iterator[None]:
        single = DilatedInSingle() if self.device_type == "cpu" else nullcontext()
        with torch.autocast(self.device_type, dtype=torch.bfloat16), single:
            yield
