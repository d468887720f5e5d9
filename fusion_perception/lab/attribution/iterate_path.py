# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Attribution of the segmentation along the fuser's own iterates (UAAFusion's path)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Gradient = Callable[[Tensor], Tensor]


class IteratePath:
    """Integrates a gradient along the poly-line f0 -> f1 -> ... of an unfolded fuser, as it is computed.

    A^(k+1) = (1/k) sum_{j=1..k} g_j * (f_j - f_(j-1)), g_j the gradient at f_j: each stage adds one gradient.
    Without the mean, the sum over all pixels of the last map approaches s(f_k) - s(f_0) (completeness).
    Source: Bai et al., UAAFusion, TCSVT 2025. One object serves one forward pass.

    Args:
        gradient: maps an iterate (B, 1, H, W) to the gradient of the score there, the same shape.
        mean: divide by the number of steps.
    """

    def __init__(self, gradient: Gradient, *, mean: bool = True) -> None:
        self.gradient, self.mean = gradient, mean
        self.steps = 0
        self._sum: Tensor | None = None

    def __call__(self, iterates: Sequence[Tensor]) -> Tensor:
        """Return the map for the next stage from the iterates [f0, ..., fk] so far, k growing by one a call."""
        if len(iterates) != self.steps + 2:
            raise ValueError(
                f"iterate path saw {self.steps} steps and got {len(iterates)} iterates; "
                f"expected {self.steps + 2}: use one path per forward pass"
            )
        before, now = (f.detach() for f in iterates[-2:])
        step = self.gradient(now) * (now - before)
        self._sum = step if self._sum is None else self._sum + step
        self.steps += 1
        return self._sum / self.steps if self.mean else self._sum


def score_gradient(probabilities: Callable[[Tensor], Tensor], target: Tensor) -> Gradient:
    """Return the gradient of s(x) = sum(target * P(x)) per image.

    Args:
        probabilities: maps (B, 1, H, W) to (B, C, h, w).
        target: (B, C, h, w), for example the one-hot label map.
    """

    def gradient(image: Tensor) -> Tensor:
        with torch.enable_grad():
            x = image.detach().requires_grad_()
            return torch.autograd.grad((probabilities(x) * target).sum(), x)[0]

    return gradient
