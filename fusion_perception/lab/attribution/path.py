# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Path integrals of gradients: integrated gradients (Sundararajan et al., 2017) for two sensors."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

SegmentFunction = Callable[[Tensor, Tensor], Tensor]
GradientFunction = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]

RULES = ("power", "midpoint", "right")
_POWER = 5


def path_points(steps: int, rule: str = "power") -> list[tuple[float, float]]:
    """Positions and weights of a quadrature over 0..1.

    ``midpoint``: alpha = (k - 1/2) / K, weight 1 / K. ``right``: alpha = k / K, weight 1 / K.
    ``power``: the midpoint rule in u with alpha = u^5, weights proportional to u^4. Networks change
    fastest in the dark, so points that crowd near the black baseline reach the same completeness with fewer
    steps (test/lab/export/test_shipped_checkpoint.py prints the errors). Gauss-Legendre nodes are no better: where
    units switch on or off the gradient jumps.

    Args:
        steps: number of points K.
        rule: one of ``RULES``.

    Returns:
        (alpha, weight) in ascending order.

    Raises:
        ValueError: fewer than one step or an unknown rule.
    """
    if steps < 1:
        raise ValueError(f"attribution needs at least 1 path step; got {steps}")
    if rule not in RULES:
        raise ValueError(f"unknown path rule '{rule}'; allowed: {', '.join(RULES)}")
    if rule == "right":
        return [(k / steps, 1 / steps) for k in range(1, steps + 1)]
    middles = [(k - 0.5) / steps for k in range(1, steps + 1)]
    if rule == "midpoint":
        return [(u, 1 / steps) for u in middles]
    total = sum(u ** (_POWER - 1) for u in middles)
    return [(u**_POWER, u ** (_POWER - 1) / total) for u in middles]


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
    rule: str = "power",
) -> tuple[Tensor, Tensor]:
    """Attribute the score to both sensors along the straight path from black images.

    a_m(p) = x_m(p) * sum_k v_k ds/dx_m(p) at alpha_k x, with the quadrature's weights v_k. Black is what
    the network sees of a sensor that is switched off. All K points go through the network as one batch.

    Args:
        gradient: returns the input gradients of sum(weights * logits), batched.
        thermal: (1, 1, H, W) in 0..1.
        rgb: (1, 3, H, W) in 0..1.
        weights: (1, C, h, w), see ``targets``.
        steps: number of path points K.
        rule: quadrature, see ``path_points``.

    Returns:
        Signed attributions (1, 1, H, W) of thermal and (1, 3, H, W) of RGB. Their sum approaches
        s(x) - s(0) as K grows (completeness).
    """
    points = torch.tensor(path_points(steps, rule), dtype=thermal.dtype, device=thermal.device)
    alphas, shares = points[:, 0].view(-1, 1, 1, 1), points[:, 1].view(-1, 1, 1, 1)
    grad_thermal, grad_rgb = gradient(thermal * alphas, rgb * alphas, weights)
    return (
        thermal * (grad_thermal * shares).sum(0, keepdim=True),
        rgb * (grad_rgb * shares).sum(0, keepdim=True),
    )
