# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Segmentation losses that respect what is not annotated."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.labels import IGNORE, LabelSet

_MSRS_WEIGHTS = (1.0, 1.5, 3.0, 2.5, 2.0, 2.0, 2.0, 3.0, 3.0)
_OBJECTS = ("car", "person", "bike", "bicycle", "survivor", "fire_extinguisher", "backpack", "hand_drill")


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


def soft_dice_loss(
    probability: Tensor,
    labels: Tensor,
    classes: Sequence[int],
    smooth: float = 50.0,
    among: Tensor | None = None,
) -> Tensor:
    """Soft Dice loss over the batch (Milletari et al., V-Net, 2016).

    1 - (2 sum p g + s) / (sum p + sum g + s), mean over ``classes``, over pixels with a known label.

    Args:
        probability: (B, C, H, W) of each class, softmax of the logits.
        labels: (B, H, W) int64 ids; 255 is ignored.
        classes: ids that take part.
        smooth: s, in pixels; keeps classes that are absent from the batch from dominating.
        among: (B,) bool, images that are counted; None: all.
    """
    known = labels != IGNORE if among is None else (labels != IGNORE) & among[:, None, None]
    valid = known.to(probability.dtype)
    terms = []
    for c in classes:
        p = probability[:, c] * valid
        g = (known & (labels == c)).to(probability.dtype)
        terms.append(1 - (2 * (p * g).sum() + smooth) / (p.sum() + g.sum() + smooth))
    return torch.stack(terms).mean()


@dataclass(frozen=True)
class SegmentationLossConfig:
    """Which segmentation loss.

    Attributes:
        cross_entropy: weight of the partial-label cross entropy.
        dice: weight of the soft Dice loss on ``dice_classes``.
        class_weights: weight of each label id in the cross entropy, or None for equal weights.
        dice_classes: ids in the Dice term.
        rare_dice: weight of a soft Dice loss on ``unannotated``, over the images that annotate them.
        unannotated: ids that incompletely labelled images do not annotate.
        ignore_background: leave pixels of id 0 out, as UAAFusion does.
    """

    cross_entropy: float = 1.0
    dice: float = 0.0
    class_weights: tuple[float, ...] | None = None
    dice_classes: tuple[int, ...] = ()
    unannotated: tuple[int, ...] = ()
    ignore_background: bool = False
    rare_dice: float = 0.0

    @classmethod
    def plain(
        cls, labels: LabelSet, annotated: Collection[int] | None = None, *, ignore_background: bool = False
    ) -> SegmentationLossConfig:
        """Cross entropy alone, aware of what incomplete images do not annotate."""
        return cls(unannotated=unannotated_ids(labels, annotated), ignore_background=ignore_background)

    @classmethod
    def balanced(
        cls, labels: LabelSet, annotated: Collection[int] | None = None, dice: float = 0.5
    ) -> SegmentationLossConfig:
        """Cross entropy with more weight on rare classes, and Dice on the objects."""
        weights = _MSRS_WEIGHTS if labels.name == "msrs9" else None
        return cls(1.0, dice, weights, object_ids(labels, annotated), unannotated_ids(labels, annotated))


def object_ids(labels: LabelSet, annotated: Collection[int] | None = None) -> tuple[int, ...]:
    """Ids of the things that move or are searched for.

    Args:
        labels: of the data.
        annotated: ids that all images annotate, or None for all objects.
    """
    return tuple(i for i, name in enumerate(labels.names) if name in _OBJECTS and (annotated is None or i in annotated))


def unannotated_ids(labels: LabelSet, annotated: Collection[int] | None = None) -> tuple[int, ...]:
    """Ids that images annotated by boxes alone do not distinguish from the background.

    Args:
        labels: of the data.
        annotated: ids that the boxes annotate, or None for all objects.
    """
    known = object_ids(labels) if annotated is None else annotated
    return tuple(i for i in range(1, len(labels)) if i not in known)


def at_one_size(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Bring logits and labels to one size.

    Logits at half resolution are compared with every second label, in each direction the even or the odd ones by lot:
    one logit stands for both, and with the same ones every time masks would lie half a pixel beside the objects.
    Coarser logits are interpolated to the size of the labels.

    Args:
        logits: (B, C, h, w).
        labels: (B, H, W), H and W whole multiples of h and w.

    Returns:
        Logits in float32 and labels of equal height and width.
    """
    logits = logits.float()
    step = labels.shape[-1] // logits.shape[-1]
    if step == 2 and (labels.shape[-1] % logits.shape[-1], labels.shape[-2]) == (0, 2 * logits.shape[-2]):
        top, left = torch.randint(2, (2,)).tolist()
        return logits, labels[:, top::2, left::2]
    if logits.shape[-2:] != labels.shape[-2:]:
        logits = F.interpolate(logits, size=labels.shape[-2:], mode="bilinear", align_corners=False)
    return logits, labels


def segmentation_terms(
    logits: Tensor, labels: Tensor, complete: Tensor, config: SegmentationLossConfig
) -> dict[str, Tensor]:
    """Return the weighted terms ``"cross_entropy"`` and, where they have a weight, ``"dice"`` and ``"rare_dice"``.

    Args:
        logits: (B, C, h, w).
        labels: (B, H, W) int64 ids, 255 ignored.
        complete: (B,) bool.
        config: weights.
    """
    logits, labels = at_one_size(logits, labels)
    if config.ignore_background:
        labels = labels.masked_fill(labels == 0, IGNORE)
    weights = None if config.class_weights is None else logits.new_tensor(config.class_weights)
    loss = partial_cross_entropy(logits, labels, complete, config.unannotated, weights)
    terms = {"cross_entropy": config.cross_entropy * loss}
    rare = config.rare_dice and config.unannotated
    if config.dice or rare:
        probability = logits.softmax(1)
    if config.dice:
        terms["dice"] = config.dice * soft_dice_loss(probability, labels, config.dice_classes)
    if rare:
        terms["rare_dice"] = config.rare_dice * soft_dice_loss(probability, labels, config.unannotated, among=complete)
    return terms


def segmentation_loss(logits: Tensor, labels: Tensor, complete: Tensor, config: SegmentationLossConfig) -> Tensor:
    """Sum of ``segmentation_terms``, a scalar."""
    return torch.stack(list(segmentation_terms(logits, labels, complete, config).values())).sum()
