# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The hyper-gradient of a bi-level problem with a rank-one curvature (BDLFusion, TIM)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

Reduce = Callable[[Sequence[Tensor]], list[Tensor]]


class HyperGradient(NamedTuple):
    """Result of ``rank_one_hypergradient``.

    Attributes:
        gradients: G, one tensor for each upper parameter, of its shape.
        rho: scalar, how strongly the upper loss asks the lower parameters to move.
    """

    gradients: tuple[Tensor, ...]
    rho: Tensor


def gradients_of(loss: Tensor, parameters: Sequence[Tensor]) -> list[Tensor]:
    """Gradients as new tensors; ``.grad`` is neither read nor written; unused parameters give zeros."""
    found = torch.autograd.grad(loss, list(parameters), retain_graph=True, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g.detach() for p, g in zip(parameters, found, strict=True)]


def inner_product(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """Sum of the element-wise products over all tensors, a scalar."""
    return torch.stack([(x * y).sum() for x, y in zip(a, b, strict=True)]).sum()


def rank_one_hypergradient(
    upper: Tensor,
    lower: Tensor,
    upper_parameters: Sequence[Tensor],
    lower_parameters: Sequence[Tensor],
    *,
    epsilon: float = 1e-20,
    reduce: Reduce | None = None,
) -> HyperGradient:
    """First-order hyper-gradient of min_w Phi(w, theta*(w)) with theta*(w) = argmin phi(w, theta).

    The implicit function theorem gives dPhi/dw = grad_w Phi - phi_wt phi_tt^-1 grad_t Phi. With the
    Gauss-Newton matrices replaced by one outer product of gradients, phi_tt ~ g_t g_t^T and
    phi_wt ~ g_w g_t^T, this becomes

        G = grad_w Phi - rho grad_w phi,    rho = <grad_t phi, grad_t Phi> / (|grad_t phi|^2 + epsilon).

    In words: theta follows w along its own gradient so that phi keeps its value. Exact where phi is half
    a squared scalar residual. Four gradient calls, no second derivative.

    Source: Liu et al., "Bi-level dynamic learning", IJCAI 2023; Liu et al., TIM, TPAMI 2024. The released
    code of both adds the correction instead of subtracting it, and scales it by the learning rate.

    Args:
        upper: scalar Phi, whose graph reaches both sets of parameters.
        lower: scalar phi, likewise.
        upper_parameters: w.
        lower_parameters: theta.
        epsilon: added to the squared norm of grad_t phi.
        reduce: averages a list of gradients over processes; it is applied before rho is formed, so that all
            processes agree on rho.

    Returns:
        G for each upper parameter, and rho. The graphs of both losses are kept.
    """
    upper_parameters, lower_parameters = list(upper_parameters), list(lower_parameters)
    parameters = [*upper_parameters, *lower_parameters]
    count = len(upper_parameters)
    of_upper, of_lower = gradients_of(upper, parameters), gradients_of(lower, parameters)
    if reduce is not None:
        of_upper, of_lower = reduce(of_upper), reduce(of_lower)
    response = of_lower[count:]
    rho = inner_product(response, of_upper[count:]) / (inner_product(response, response) + epsilon)
    return HyperGradient(
        tuple(g - rho * h for g, h in zip(of_upper[:count], of_lower[:count], strict=True)),
        rho,
    )
