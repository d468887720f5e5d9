# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a training step gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """A batch on the training device.

    Attributes:
        thermal: (B, 1, H, W) float in 0..1.
        rgb: (B, 3, H, W) float in 0..1.
        labels: (B, H, W) int64 ids, 255 ignored.
        complete: (B,) bool.
    """

    thermal: Tensor
    rgb: Tensor
    labels: Tensor
    complete: Tensor

    @staticmethod
    def joined(parts: Sequence[Batch]) -> Batch:
        """Return the samples of several batches in one."""
        return Batch(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(Batch)))

    def to(self, device: torch.device) -> Batch:
        """Copy to a device."""
        return self._each(lambda x: x.to(device, non_blocking=True))

    def channels_last(self) -> Batch:
        """Return the batch with its images in the memory format that convolutions prefer."""
        return self._each(lambda x: x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        return Batch(*(change(getattr(self, field.name)) for field in fields(self)))
