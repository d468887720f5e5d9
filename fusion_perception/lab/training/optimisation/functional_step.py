# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One gradient step that is itself differentiable (TDFusion, TIM's pretext)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

Parameters = dict[str, Tensor]


def trainable(module: nn.Module) -> Parameters:
    """Parameters of a module that require a gradient, by name."""
    return {name: p for name, p in module.named_parameters() if p.requires_grad}


def functional_step(
    loss: Tensor, parameters: Mapping[str, Tensor], lr: float, *, create_graph: bool = True
) -> Parameters:
    """Return theta' = theta - lr * d loss / d theta without touching theta.

    With ``create_graph`` the result depends differentiably on theta and on everything the loss depends
    on, for example on the weights of a loss generator: the gradient of a later loss of theta' then holds
    the mixed second derivative -lr * d^2 loss / (d theta d phi).

    Args:
        loss: scalar whose graph reaches the parameters.
        parameters: theta by name, as ``functional_forward`` takes them.
        lr: step length.
        create_graph: False makes the step a constant.

    Returns:
        theta' by name. A parameter the loss does not reach keeps its value.
    """
    names = list(parameters)
    found = torch.autograd.grad(
        loss, [parameters[n] for n in names], create_graph=create_graph, retain_graph=True, allow_unused=True
    )
    moved: Parameters = {}
    for name, gradient in zip(names, found, strict=True):
        theta = parameters[name]
        if not create_graph:
            theta = theta.detach()
        moved[name] = theta if gradient is None else theta - lr * gradient
    return moved


def functional_forward(module: nn.Module, parameters: Mapping[str, Tensor], *args: Any, **kwargs: Any) -> Any:
    """Call a module with other parameters.

    Buffers, such as the running statistics of batch normalisation, are copied for the call, so that a
    trial step leaves no trace in them.

    Args:
        module: the module; parameters not named keep their own value.
        parameters: values by name.
        *args: passed on.
        **kwargs: passed on.
    """
    buffers = {name: b.detach().clone() for name, b in module.named_buffers()}
    return functional_call(module, {**buffers, **parameters}, args, kwargs)
