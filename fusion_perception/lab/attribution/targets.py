# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is explained: scalar scores of a segmentation, as fixed linear weights on its logits."""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST_REGION = 1e-3
"""Regions below this share of the image count as if they had it, so that a stray pixel does not dominate."""


def predicted_region_weights(logits: Tensor) -> Tensor:
    """Weights W whose score s = sum(W * logits) gives every predicted class the same say.

    s = sum over the classes c that are predicted somewhere of the mean over their region R_c of the margin
    l_c(p) - mean_k l_k(p). Subtracting the mean makes s independent of a constant added to all logits of a
    pixel, as the softmax is; averaging over each region keeps a person of 200 pixels from drowning in the
    background.

    Args:
        logits: (1, C, h, w) logits of the full input.

    Returns:
        (1, C, h, w) weights; constant along the path, no gradient flows through them.
    """
    classes, height, width = logits.shape[1:]
    ids = torch.arange(classes, device=logits.device, dtype=torch.int64).view(1, classes, 1, 1)
    predicted = (logits.argmax(1, keepdim=True) == ids).to(torch.float32)
    area = predicted.sum((2, 3), keepdim=True).clamp_min(SMALLEST_REGION * height * width)
    share = (predicted / area).sum(1, keepdim=True)  # 1 / |R_c| at the pixels of R_c
    return ((predicted - 1.0 / classes) * share).to(logits.dtype)
