# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Our segmenter, run four times on a pair and averaged: at two sizes, each plain and mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.nets.segmenters.realtime import RealtimeSegmenter


class AveragedSegmenter(RealtimeSegmenter):
    """``RealtimeSegmenter`` whose logits, outside of training, are the mean over several views of the pair.

    An enlarged view finds small people; a mirrored one cancels what depends on the side. It has the parameters of
    ``RealtimeSegmenter`` under the same names and trains as that does, on the plain view.

    Args:
        classes: number of classes.
        scales: factors on height and width, each rounded so that the sides stay multiples of 32.
        mirrored: take the mirrored pair as well.
        options: of ``RealtimeSegmenter``.
    """

    def __init__(
        self, classes: int = 9, scales: Sequence[float] = (1.0, 1.4), mirrored: bool = True, **options: Any
    ) -> None:
        super().__init__(classes, **options)
        if not scales or min(scales) <= 0:
            raise ValueError(f"scales {tuple(scales)}; allowed: one or more, each above 0")
        self.scales, self.mirrored = tuple(scales), mirrored

    def forward(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        """Segment; see ``RealtimeSegmenter.forward``."""
        if self.training:
            return super().forward(thermal, rgb)
        height, width = thermal.shape[-2:]
        looks = []
        for scale in self.scales:
            size = tuple(max(1, round(side * scale / self.stride)) * self.stride for side in (height, width))
            pair = [_resized(image, size) for image in (thermal, rgb)]
            if not self.mirrored:
                logits = super().forward(*pair)
            else:  # both views as one batch: every weight is read once
                both = super().forward(*(torch.cat([image, image.flip(3)]) for image in pair))
                plain, mirrored = both.chunk(2)
                logits = 0.5 * (plain + mirrored.flip(3))
            looks.append(_resized(logits, (height // 2, width // 2)))
        return torch.stack(looks).mean(0)


def _resized(image: Tensor, size: tuple[int, ...]) -> Tensor:
    if tuple(image.shape[-2:]) == size:
        return image
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)
