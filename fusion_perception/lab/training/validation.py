# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How good a system is on the held-out part, in one number, and pictures of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.evaluation.fusion.edges import edge_transfer
from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.lab.nets.colour import luma, recolour
from fusion_perception.lab.nets.system import System
from fusion_perception.lab.training.losses.segmentation import unannotated_ids
from fusion_perception.lab.training.samples import Sample
from fusion_perception.labels import IGNORE
from fusion_perception.render import colour_mask, contact_sheet, overlay

_MULTIPLE = 32


@dataclass(frozen=True)
class Score:
    """Result of a validation.

    Attributes:
        miou: mean IoU over the classes that are present, without background; 0 without labels.
        qabf: mean share of the sources' edges that the fused image keeps.
    """

    miou: float
    qabf: float

    @property
    def total(self) -> float:
        """What "best" means: mIoU + Qabf, 0..2."""
        return self.miou + self.qabf


@dataclass(frozen=True)
class Prediction:
    """What a system makes of one sample.

    Attributes:
        fused: (H, W, 3) uint8 RGB.
        luma: (H, W) uint8 fused luminance.
        mask: (H, W) uint8 ids.
    """

    fused: NDArray[np.uint8]
    luma: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def predict(system: System, sample: Sample, device: torch.device) -> Prediction:
    """Run a system in eval mode on a full image, padded to what the networks need."""
    thermal = torch.from_numpy(sample.thermal)[None, None].to(device).float() / 255
    rgb = torch.from_numpy(sample.rgb).permute(2, 0, 1)[None].to(device).float() / 255
    height, width = sample.labels.shape
    pad = (0, -width % _MULTIPLE, 0, -height % _MULTIPLE)
    thermal, rgb = (F.pad(x, pad, mode="replicate") for x in (thermal, rgb))
    with torch.no_grad():
        fused, logits = system(thermal, rgb)
        logits = F.interpolate(logits.float(), size=fused.shape[-2:], mode="bilinear", align_corners=False)
        colour = recolour(fused, rgb)

    def grey(image: Tensor) -> NDArray[np.uint8]:
        scaled = (image[0].float().clamp(0, 1) * 255).round().to(torch.uint8)
        return np.ascontiguousarray(scaled.permute(1, 2, 0).cpu().numpy()[:height, :width])

    mask = logits.argmax(1)[0].to(torch.uint8).cpu().numpy()[:height, :width]
    return Prediction(grey(colour), grey(fused)[..., 0], np.ascontiguousarray(mask))


class Validator:
    """Scores a system on samples it was not trained on.

    Args:
        samples: held-out samples; an evenly spaced choice is used.
        limit: most samples used.
        device: where the system runs.
        annotated: ids that incomplete samples annotate; None: those of the objects.
    """

    def __init__(
        self, samples: Sequence[Sample], limit: int, device: torch.device, annotated: Collection[int] | None = None
    ) -> None:
        count = min(limit, len(samples))
        self.samples = [samples[(2 * i + 1) * len(samples) // (2 * count)] for i in range(count)]
        self.device, self.annotated = device, annotated

    def __call__(self, system: System) -> Score:
        """Return the score; the system must be in eval mode."""
        matrix = ConfusionMatrix(system.labels)
        unannotated = unannotated_ids(system.labels, self.annotated)
        partial = [i for i in range(len(system.labels)) if i not in unannotated]
        kept = []
        for sample in self.samples:
            prediction = predict(system, sample, self.device)
            matrix.update(prediction.mask, sample.labels, None if sample.complete else partial)
            visible = np.asarray(luma(torch.from_numpy(sample.rgb).permute(2, 0, 1)[None].float()).round()[0, 0])
            kept.append(edge_transfer(sample.thermal, visible.astype(np.uint8), prediction.luma).kept)
        miou = matrix.mean_iou(background=False)
        return Score(0.0 if np.isnan(miou) else miou, float(np.mean(kept)))

    def sheet(self, system: System, rows: int = 3) -> NDArray[np.uint8]:
        """Return a contact sheet of the first samples: (H, W, 3) uint8 RGB."""
        images = []
        for sample in self.samples[:rows]:
            prediction = predict(system, sample, self.device)
            truth = colour_mask(np.where(sample.labels == IGNORE, 0, sample.labels).astype(np.uint8), system.labels)
            images.append(
                [
                    sample.thermal,
                    sample.rgb,
                    prediction.fused,
                    overlay(prediction.fused, prediction.mask, system.labels),
                    truth,
                ]
            )
        captions = [s.name for s in self.samples[:rows]]
        titles = ["thermal", "RGB", "fused", "prediction", "labels"]
        return contact_sheet(images, titles, captions=captions, labels=system.labels)
