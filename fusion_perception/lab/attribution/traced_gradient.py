# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The input gradient as a plain forward graph, so that engines without autograd compute it exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import functional as F

from fusion_perception.lab.attribution.backward_operators import BACKWARD_OPERATORS
from fusion_perception.lab.attribution.path import SegmentFunction
from fusion_perception.lab.nets.blocks.pixel_shuffle import pixel_shuffle

aten = torch.ops.aten


def _pair(value: Any) -> tuple[int, int]:
    values = list(value)
    return (values[0], values[-1])


def _subpixel_weight(weight: Tensor, stride: int, padding: int) -> tuple[Tensor, int, int]:
    """Rearrange a strided convolution's weight for the sub-pixel form of its input gradient.

    Output pixel stride * i + r receives tap k from gradient pixel j where stride * j + k - padding =
    stride * i + r. Each of the stride^2 phases r becomes a group of output channels of one ordinary
    convolution over the gradient; ``pixel_shuffle`` interleaves them (Shi et al., 2016).

    Returns:
        Weight (in * stride^2, out, T, T), and how many pixels to pad before and after.
    """
    kernel = weight.shape[-1]
    taps = [
        [(k, (r + padding - k) // stride) for k in range(kernel) if (r + padding - k) % stride == 0]
        for r in range(stride)
    ]
    offsets = [offset for phase in taps for _, offset in phase]
    low, high = min(offsets), max(offsets)
    size = high - low + 1
    cin, cout = weight.shape[1], weight.shape[0]
    out = weight.new_zeros(cin, stride, stride, cout, size, size)
    for ry, phase_y in enumerate(taps):
        for ky, oy in phase_y:
            for rx, phase_x in enumerate(taps):
                for kx, ox in phase_x:
                    out[:, ry, rx, :, oy - low, ox - low] = weight[:, :, ky, kx].t()
    return out.reshape(cin * stride * stride, cout, size, size), -low, high


def _is_subpixel(weight: Tensor, size: Any, stride: tuple[int, int], padding: tuple[int, int]) -> bool:
    return (
        stride[0] == stride[1] > 1
        and padding[0] == padding[1]
        and weight.shape[-1] == weight.shape[-2] >= stride[0]
        and size[-1] % stride[0] == 0
        and size[-2] % stride[0] == 0
    )


def convolution_input_gradient(
    grad: Tensor,
    inputs: Tensor,
    weight: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> Tensor:
    """Gradient of a 2-D convolution with respect to its input.

    A transposed convolution in general. Ungrouped convolutions of stride 1 use the equal ordinary
    convolution with the flipped, transposed kernel, and strided ones the sub-pixel form: engines run
    ordinary convolutions several times faster.

    Args:
        grad: (B, out, h, w) gradient of the output.
        inputs: (B, in, H, W); only its shape is used.
        weight: (out, in / groups, k, k).
        stride: along y and x.
        padding: along y and x.
        dilation: along y and x.
        groups: of the convolution.
    """
    reach = [dilation[i] * (weight.shape[2 + i] - 1) for i in range(2)]
    if groups == 1 and stride == (1, 1) and all(reach[i] >= padding[i] for i in range(2)):
        flipped = weight.flip(2, 3).transpose(0, 1)
        return F.conv2d(grad, flipped, None, 1, (reach[0] - padding[0], reach[1] - padding[1]), dilation)
    if groups == 1 and dilation == (1, 1) and _is_subpixel(weight, inputs.shape, stride, padding):
        kernel, before, after = _subpixel_weight(weight, stride[0], padding[0])
        target = [inputs.shape[-2] // stride[0], inputs.shape[-1] // stride[0]]
        bottom = after + target[0] - grad.shape[-2]
        right = after + target[1] - grad.shape[-1]
        if before == bottom == right:
            return pixel_shuffle(F.conv2d(grad, kernel, None, 1, before), stride[0])
        return pixel_shuffle(F.conv2d(F.pad(grad, (before, right, before, bottom)), kernel), stride[0])
    extra = [
        inputs.shape[2 + i] - ((grad.shape[2 + i] - 1) * stride[i] - 2 * padding[i] + reach[i] + 1) for i in range(2)
    ]
    return F.conv_transpose2d(grad, weight, None, stride, padding, extra, groups, dilation)


def _convolution_backward(
    grad: Tensor,
    inputs: Tensor,
    weight: Tensor,
    bias_sizes: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
    output_mask: Any,
) -> tuple[Tensor, None, None]:
    if transposed:
        result = F.conv2d(grad, weight, None, _pair(stride), _pair(padding), _pair(dilation), groups)
    else:
        result = convolution_input_gradient(
            grad, inputs, weight, _pair(stride), _pair(padding), _pair(dilation), groups
        )
    return result, None, None


def _nearest_backward(
    grad: Tensor, output_size: Any, input_size: Any, scales_h: Any = None, scales_w: Any = None
) -> Tensor:
    ky, kx = grad.shape[-2] // input_size[-2], grad.shape[-1] // input_size[-1]
    if (input_size[-2] * ky, input_size[-1] * kx) != tuple(grad.shape[-2:]):
        raise NotImplementedError(
            f"nearest upsampling from {tuple(input_size[-2:])} to {tuple(grad.shape[-2:])}: "
            "only whole factors have a traced gradient"
        )
    return F.avg_pool2d(grad, (ky, kx)) * float(ky * kx)


def _taps(small: int, large: int, align_corners: bool, like: Tensor) -> tuple[Tensor, Tensor]:
    """Which large pixels a small one went into, and with which weights, by bilinear interpolation along one axis.

    Returns:
        (K, small) numbers of large pixels and their (K, small) weights; K is the most that any small one has.
    """
    place = np.arange(large)
    if align_corners:
        at = place * ((small - 1) / max(large - 1, 1))
    else:
        at = np.maximum((place + 0.5) * (small / large) - 0.5, 0)
    low = np.minimum(at.astype(int), small - 1)
    matrix = np.zeros((small, large))
    np.add.at(matrix, (low, place), 1 - (at - low))
    np.add.at(matrix, (np.minimum(low + 1, small - 1), place), at - low)
    most = int(np.count_nonzero(matrix, axis=1).max())
    places = np.argsort(-matrix, axis=1, kind="stable")[:, :most]
    weights = np.take_along_axis(matrix, places, axis=1)
    return torch.from_numpy(places.T.copy()).to(like.device), torch.from_numpy(weights.T.copy()).to(like)


def _interpolation_backward(grad: Tensor, size: int, align_corners: bool) -> Tensor:
    """(..., large, C) -> (..., size, C): what came out along the axis before the last, gathered where it came from."""
    if grad.shape[-2] == size:
        return grad
    places, weights = _taps(size, grad.shape[-2], align_corners, grad)
    parts = [grad.index_select(-2, p) * w[:, None] for p, w in zip(places, weights, strict=True)]
    return torch.stack(parts).sum(0)


def _bilinear_backward(
    grad: Tensor, output_size: Any, input_size: Any, align_corners: bool, scales_h: Any = None, scales_w: Any = None
) -> Tensor:
    # A few rows at a time: matrices of the interpolation are megabytes of zeros in a file.
    rows = _interpolation_backward(grad, input_size[-2], align_corners)
    return _interpolation_backward(rows.transpose(-1, -2), input_size[-1], align_corners).transpose(-1, -2)


def _decompositions() -> dict[Any, Callable[..., Any]]:
    return {
        **BACKWARD_OPERATORS,
        aten.convolution_backward.default: _convolution_backward,
        aten.upsample_nearest2d_backward.default: _nearest_backward,
        aten.upsample_bilinear2d_backward.default: _bilinear_backward,
    }


def _is_rearrangement(node: fx.Node) -> bool:
    """Whether a node is a chain of flips and transpositions of one stored tensor."""
    while node.op == "call_function" and node.target in (aten.flip.default, aten.transpose.int):
        node = node.all_input_nodes[0]
    return node.op == "get_attr"


def fold_constants(module: fx.GraphModule) -> fx.GraphModule:
    """Evaluate nodes that depend on stored tensors alone, in place, and store the result.

    Rearrangements of the same size (a flipped kernel) stay in the graph: every engine folds them when it
    loads the model, and the file does not hold the weights twice.
    """
    values: dict[fx.Node, Any] = {}
    for node in module.graph.nodes:
        if node.op == "get_attr":
            value = module
            for part in node.target.split("."):
                value = getattr(value, part)
            values[node] = value
        elif node.op == "call_function" and all(n in values for n in node.all_input_nodes):
            args = fx.node.map_arg(node.args, lambda n: values[n])
            kwargs = fx.node.map_arg(node.kwargs, lambda n: values[n])
            values[node] = node.target(*args, **kwargs)
    for index, (node, value) in enumerate(values.items()):
        if node.op == "get_attr" or not isinstance(value, Tensor):
            continue
        if all(user in values for user in node.users) or _is_rearrangement(node):
            continue
        name = f"folded_{index}"
        module.register_buffer(name, value.detach().clone())
        with module.graph.inserting_before(node):
            constant = module.graph.get_attr(name)
        node.replace_all_uses_with(constant)
    # In-place operators count as live in the elimination of dead code; what they wrote to is stored by now.
    for node in reversed(values):
        if not node.users:
            module.graph.erase_node(node)
    module.graph.eliminate_dead_code()
    module.recompile()
    return module


def reshape_instead_of_view(module: fx.GraphModule) -> fx.GraphModule:
    """Let every ``view`` copy if it must, in place: memory formats may differ where the graph runs next."""
    for node in module.graph.nodes:
        if node.op == "call_function" and node.target in (aten.view.default, aten._unsafe_view.default):
            node.target = aten.reshape.default
    module.recompile()
    return module


def _trace(function: Callable[..., Any], *example: Tensor) -> fx.GraphModule:
    with torch.enable_grad():
        traced = make_fx(function, decomposition_table=_decompositions())(*example)
    return reshape_instead_of_view(fold_constants(traced))


def trace_input_gradient(segment: SegmentFunction, thermal: Tensor, rgb: Tensor, weights: Tensor) -> fx.GraphModule:
    """Trace the gradient of sum(weights * segment(thermal, rgb)) with respect to both inputs.

    Forward and backward become one graph of ordinary operators at fixed shapes.

    Args:
        segment: a function of frozen modules in eval mode.
        thermal: (K, 1, H, W) example; K is the number of path points.
        rgb: (K, 3, H, W) example.
        weights: (1, C, h, w) example.

    Returns:
        A module (thermal, rgb, weights) -> (grad_thermal, grad_rgb).
    """

    def gradient(thermal: Tensor, rgb: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        thermal = thermal.detach().requires_grad_()
        rgb = rgb.detach().requires_grad_()
        score = (segment(thermal, rgb) * weights).sum()
        grad_thermal, grad_rgb = torch.autograd.grad(score, (thermal, rgb))
        return grad_thermal, grad_rgb

    return _trace(gradient, thermal, rgb, weights)


def trace_output_and_gradient(
    system: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    target: Callable[[Tensor], Tensor],
    thermal: Tensor,
    rgb: Tensor,
) -> fx.GraphModule:
    """Trace a system's outputs together with the gradient of its own score, sharing the forward pass.

    That is the path point alpha = 1: gradient times input costs one backward pass and no second forward.

    Args:
        system: (thermal, rgb) -> (fused, logits), frozen and in eval mode.
        target: logits -> weights of the score, see ``targets``.
        thermal: (1, 1, H, W) example.
        rgb: (1, 3, H, W) example.

    Returns:
        A module (thermal, rgb) -> (fused, logits, grad_thermal, grad_rgb).
    """

    def run(thermal: Tensor, rgb: Tensor) -> tuple[Tensor, ...]:
        thermal = thermal.detach().requires_grad_()
        rgb = rgb.detach().requires_grad_()
        fused, logits = system(thermal, rgb)
        score = (logits * target(logits.detach())).sum()
        grad_thermal, grad_rgb = torch.autograd.grad(score, (thermal, rgb))
        return fused, logits, grad_thermal, grad_rgb

    return _trace(run, thermal, rgb)
