# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Networks whose weights stay fixed while gradients pass through them to others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put a module in eval mode for a block: no dropout, no update of running statistics."""
    modes = [(m, m.training) for m in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for m, mode in modes:
            m.training = mode


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Fix a network's parameters and statistics for a block; gradients still pass through it.

    Graphs built inside the block must also be differentiated inside it.
    """
    required = [(p, p.requires_grad) for p in module.parameters()]
    module.requires_grad_(False)
    try:
        with evaluating(module):
            yield
    finally:
        for parameter, value in required:
            parameter.requires_grad_(value)
