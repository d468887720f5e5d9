# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Segmentation losses that respect what is not annotated."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.labels import IGNORE


def partial_cross_entropy(
    logits: Tensor,
    labels: Tensor,
    complete: Tensor,
    unannotated: Sequence[int],
    class_weights: Tensor | None = None,
) -> Tensor:
    """Cross entropy under partial labels.

    Where an image's rare classes are not annotated, its label 0 means "background or one of those",
    and the likelihood is the sum of their probabilities: -log(p_0 + sum_{c in unannotated} p_c).
    So such an image never teaches that a rare class is absent.

    Args:
        logits: (B, C, H, W).
        labels: (B, H, W) int64 ids; 255 is ignored.
        complete: (B,) bool, True where all classes are annotated.
        unannotated: ids that incomplete images do not annotate.
        class_weights: (C,) weight of each label id, or None for equal weights.

    Returns:
        Scalar: the weighted mean over valid pixels, 0 if there are none.
    """
    valid = labels != IGNORE
    safe = torch.where(valid, labels, torch.zeros_like(labels))
    log_probability = F.log_softmax(logits, dim=1)
    loss = -log_probability.gather(1, safe[:, None])[:, 0]
    if unannotated:
        ids = [0, *unannotated]
        merged = -torch.logsumexp(log_probability[:, ids], dim=1)
        loss = torch.where((safe == 0) & ~complete[:, None, None], merged, loss)
    weight = valid.to(loss.dtype)
    if class_weights is not None:
        weight = weight * class_weights.to(loss)[safe]
    return (loss * weight).sum() / weight.sum().clamp_min(1e-6)


def soft_dice_loss(logits: Tensor, labels: Tensor, classes: Sequence[int], smooth: float = 50.0) -> Tensor:
    """Soft Dice loss over the batch (Milletari et al., V-Net, 2016).

    1 - (2 sum p g + s) / (sum p + sum g + s), mean over ``classes``, over pixels with a known label.

    Args:
        logits: (B, C, H, W).
        labels: (B, H, W) int64 ids; 255 is ignored.
        classes: ids that take part.
        smooth: s, in pixels; keeps classes that are absent from the batch from dominating.
    """
    probability = logits.softmax(1)
    valid = (labels != IGNORE).to(logits.dtype)
    terms = []
    for c in classes:
        p = probability[:, c] * valid
        g = (labels == c).to(logits.dtype)
        terms.append(1 - (2 * (p * g).sum() + smooth) / (p.sum() + g.sum() + smooth))
    return torch.stack(terms).mean()
