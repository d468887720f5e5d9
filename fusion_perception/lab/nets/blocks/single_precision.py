# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Arithmetic that half precision cannot hold."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_single(x: Tensor) -> Tensor:
    """Half precision -> single; anything else as it is.

    For sums over a whole image: 65,504, the largest half-precision number, is less than the pixels of a frame.
    """
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
