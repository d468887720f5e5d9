# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is explained: scalar scores of a segmentation, as fixed linear weights on its logits."""

from __future__ import annotations

import torch
from torch import Tensor


def predicted_margin_weights(logits: Tensor) -> Tensor:
    """Weights W whose score s = sum(W * logits) is the margin of the predicted classes.

    s = sum over pixels p of [ l_{c*(p)}(p) - mean_c l_c(p) ], c*(p) the predicted class. Subtracting the
    mean makes s independent of a constant added to all logits of a pixel, as the softmax is.

    Args:
        logits: (1, C, h, w) logits of the full input.

    Returns:
        (1, C, h, w) weights; constant along the path, no gradient flows through them.
    """
    classes = logits.shape[1]
    ids = torch.arange(classes, device=logits.device, dtype=torch.int64).view(1, classes, 1, 1)
    predicted = (logits.argmax(1, keepdim=True) == ids).to(logits.dtype)
    return predicted - 1.0 / classes
