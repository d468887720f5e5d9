# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Networks that have shapes and no values: what a file is compared with before memory is taken for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_DRAWN = ("eye", "normal_", "random_", "uniform_")


class _Undrawn(TorchFunctionMode):
    """Leaves first values of weights undrawn.

    There is nothing to be drawn; and for tensors without values PyTorch would import its compiler to do so, which takes
    longer than all else at the start of a node.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the tensor that ``func`` would fill, or run ``func``."""
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        if getattr(func, "__name__", "") in _DRAWN:
            filled = kwargs.get("out", args[0] if args else None)
            if isinstance(filled, torch.Tensor):
                return filled
        return func(*args, **kwargs)


@contextmanager
def shapes_alone() -> Iterator[None]:
    """Inside, networks are made on the device ``meta``."""
    with torch.device("meta"), _Undrawn():
        yield
