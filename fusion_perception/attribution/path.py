# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Path integrals of gradients: integrated gradients (Sundararajan et al., 2017) for two sensors."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

SegmentFunction = Callable[[Tensor, Tensor], Tensor]
GradientFunction = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]

RULES = ("midpoint", "right")


def path_points(steps: int, rule: str = "midpoint") -> list[float]:
    """Positions 0 < alpha <= 1 of the quadrature: (k - 1/2) / K for midpoint, k / K for right.

    Raises:
        ValueError: fewer than one step or an unknown rule.
    """
    if steps < 1:
        raise ValueError(f"attribution needs at least 1 path step; got {steps}")
    if rule not in RULES:
        raise ValueError(f"unknown path rule '{rule}'; allowed: {', '.join(RULES)}")
    offset = 0.5 if rule == "midpoint" else 0.0
    return [(k - offset) / steps for k in range(1, steps + 1)]


def autograd_gradient(segment: SegmentFunction) -> GradientFunction:
    """Input gradient of the score by autograd: the reference for every traced gradient."""

    def gradient(thermal: Tensor, rgb: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            thermal = thermal.detach().requires_grad_()
            rgb = rgb.detach().requires_grad_()
            score = (segment(thermal, rgb) * weights).sum()
            grad_thermal, grad_rgb = torch.autograd.grad(score, (thermal, rgb))
        return grad_thermal, grad_rgb

    return gradient


def integrated_gradients(
    gradient: GradientFunction,
    thermal: Tensor,
    rgb: Tensor,
    weights: Tensor,
    steps: int,
    rule: str = "midpoint",
) -> tuple[Tensor, Tensor]:
    """Attribute the score to both sensors along the straight path from black images.

    a_m(p) = x_m(p) * (1/K) sum_k ds/dx_m(p) at alpha_k x. Black is what the network sees of a sensor
    that is switched off. All K points go through the network as one batch.

    Args:
        gradient: returns the input gradients of sum(weights * logits), batched.
        thermal: (1, 1, H, W) in 0..1.
        rgb: (1, 3, H, W) in 0..1.
        weights: (1, C, h, w), see ``targets``.
        steps: number of path points K.
        rule: ``"midpoint"`` or ``"right"``.

    Returns:
        Signed attributions (1, 1, H, W) of thermal and (1, 3, H, W) of RGB. Their sum approaches
        s(x) - s(0) as K grows (completeness).
    """
    alphas = torch.tensor(path_points(steps, rule), dtype=thermal.dtype, device=thermal.device).view(-1, 1, 1, 1)
    grad_thermal, grad_rgb = gradient(thermal * alphas, rgb * alphas, weights)
    return thermal * grad_thermal.mean(0, keepdim=True), rgb * grad_rgb.mean(0, keepdim=True)
