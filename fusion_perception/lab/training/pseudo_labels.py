# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that trained networks give to pairs without any: only where they are sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.samples import OCCUPIED, Sample
from fusion_perception.labels import IGNORE

CONFIDENCE = 0.85
"""A pixel gets a label where the mean probability of its class over all looks is at least this."""

SCALES = (1.0, 1.5)
"""A teacher looks at every pair in these sizes, and at the mirror image of each."""

_MULTIPLE = 64


def pseudo_labelled(
    teachers: Sequence[System], samples: Sequence[Sample], device: torch.device, confidence: float = CONFIDENCE
) -> list[Sample]:
    """Return samples with labels where the teachers are sure, and unknown elsewhere.

    Self-training with pseudo-labels (Lee, ICML workshop 2013); the mean over several looks makes them surer.

    Where a sample rules classes out (``Sample.ruled_out``), the others have all of the probability. If the most
    probable one is ruled out, the label is background, or the class that a box there may hold (of the classes that are
    ruled out anywhere in the sample); any other answer leaves the pixel unknown.

    Args:
        teachers: trained systems of one label set, on ``device``; they are not changed.
        samples: their labels are not looked at.
        device: where the teachers run.
        confidence: least mean probability of a label, 0..1.
    """
    modes = [teacher.training for teacher in teachers]
    for teacher in teachers:
        teacher.eval()
    labelled = [
        replace(sample, labels=_labels(teachers, sample, device, confidence), complete=True) for sample in samples
    ]
    for teacher, mode in zip(teachers, modes, strict=True):
        teacher.train(mode)
    return labelled


@torch.no_grad()
def _labels(teachers: Sequence[System], sample: Sample, device: torch.device, confidence: float) -> NDArray[np.uint8]:
    thermal = torch.from_numpy(sample.thermal)[None, None].to(device).float() / 255
    rgb = torch.from_numpy(sample.rgb).permute(2, 0, 1)[None].to(device).float() / 255
    looks = [
        _probability(teacher, thermal, rgb, scale, mirrored)
        for teacher in teachers
        for scale in SCALES
        for mirrored in (False, True)
    ]
    probability = torch.stack(looks).mean(0)
    if sample.ruled_out is not None:
        bits = torch.from_numpy(sample.ruled_out.astype(np.int64)).to(device)
        classes = torch.arange(probability.shape[1], device=device)[:, None, None]
        out = (bits >> classes) & 1 == 1
        left = probability.masked_fill(out, 0.0)
        left = left / left.sum(1, keepdim=True).clamp_min(1e-6)
        judged, first, label = out.flatten(1).any(1), probability.argmax(1)[0], left.argmax(1)[0]
        empty = (bits >> OCCUPIED) & 1 == 0
        believed = (label == first) | ((label == 0) & empty) | judged[label]
        probability = left * believed
    best, labels = probability.max(1)
    known = labels.masked_fill(best < confidence, IGNORE)
    return np.asarray(known[0].to(torch.uint8).cpu().numpy())


def _probability(teacher: System, thermal: Tensor, rgb: Tensor, scale: float, mirrored: bool) -> Tensor:
    """Return (1, C, H, W) probabilities of one look."""
    height, width = thermal.shape[-2:]
    size = [max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (height, width)]
    views = [F.interpolate(image, size=size, mode="bilinear", antialias=True) for image in (thermal, rgb)]
    if mirrored:
        views = [view.flip(3) for view in views]
    logits = teacher.segment(*views).float()
    if mirrored:
        logits = logits.flip(3)
    return F.interpolate(logits, size=(height, width), mode="bilinear", align_corners=False).softmax(1)
