# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Backward operators written as ordinary ones, so that a traced gradient exports to any engine.

Every function has the signature of the operator it stands for, gives the gradient of the input alone and is
compared with autograd in the tests. Masks are multiplied, not selected: engines fuse that into one kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

aten = torch.ops.aten


def threshold_backward(grad: Tensor, x: Tensor, threshold: float) -> Tensor:
    """ReLU: the gradient where x > threshold."""
    return grad * (x > threshold).to(grad.dtype)


def hardtanh_backward(grad: Tensor, x: Tensor, low: float, high: float) -> Tensor:
    """ReLU6: the gradient strictly between the limits."""
    return grad * ((x > low) & (x < high)).to(grad.dtype)


def leaky_relu_backward(grad: Tensor, x: Tensor, slope: float, is_result: bool) -> Tensor:
    """Leaky ReLU: the gradient, times the slope where x <= 0."""
    positive = (x > 0).to(grad.dtype)
    return grad * (positive * (1 - slope) + slope)


def prelu_backward(grad: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """PReLU: as leaky ReLU, with a learned slope; also the gradient of the slope before its reduction."""
    positive = (x > 0).to(grad.dtype)
    return grad * (positive * (1 - weight) + weight), grad * x * (1 - positive)


def sigmoid_backward(grad: Tensor, y: Tensor) -> Tensor:
    """Sigmoid, from its result: y (1 - y)."""
    return grad * (y * (1 - y))


def tanh_backward(grad: Tensor, y: Tensor) -> Tensor:
    """Tanh, from its result: 1 - y^2."""
    return grad * (1 - y * y)


def gelu_backward(grad: Tensor, x: Tensor, *, approximate: str = "none") -> Tensor:
    """GELU x Phi(x), Phi the normal distribution: Phi(x) + x phi(x).

    Raises:
        NotImplementedError: the tanh approximation.
    """
    if approximate != "none":
        raise NotImplementedError(f"GELU with approximate='{approximate}' has no traced gradient; use 'none'")
    distribution = 0.5 * (1 + torch.erf(x * math.sqrt(0.5)))
    density = torch.exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi))
    return grad * (distribution + x * density)


def softmax_backward(grad: Tensor, y: Tensor, dim: int, dtype: torch.dtype) -> Tensor:
    """Softmax, from its result: y (g - sum y g)."""
    weighted = grad * y
    return weighted - y * weighted.sum(dim, keepdim=True)


def layer_norm(
    x: Tensor, shape: list[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Layer normalisation over the last ``len(shape)`` axes; result, mean and 1 / standard deviation.

    Written out because the backward needs the statistics, which engines' own operator keeps to itself.
    """
    axes = list(range(x.dim() - len(shape), x.dim()))
    mean = x.mean(axes, keepdim=True)
    centred = x - mean
    scale = torch.rsqrt((centred * centred).mean(axes, keepdim=True) + eps)
    result = centred * scale
    if weight is not None:
        result = result * weight
    return (result if bias is None else result + bias), mean, scale


def layer_norm_backward(
    grad: Tensor,
    x: Tensor,
    shape: list[int],
    mean: Tensor,
    scale: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    output_mask: list[bool],
) -> tuple[Tensor, None, None]:
    """Layer normalisation: scale (g - mean(g) - n mean(g n)), n the normalised input, g weighted."""
    axes = list(range(x.dim() - len(shape), x.dim()))
    normal = (x - mean) * scale
    if weight is not None:
        grad = grad * weight
    projection = (grad * normal).mean(axes, keepdim=True)
    return (grad - grad.mean(axes, keepdim=True) - normal * projection) * scale, None, None


def _place(part: Tensor, dim: int, start: int, size: int) -> Tensor:
    """Surround ``part`` with zeros along one axis so that it begins at ``start`` of ``size``."""
    before, after = start, size - start - part.shape[dim]
    return F.pad(part, [0, 0] * (part.dim() - 1 - dim) + [before, after])


def reflection_pad2d_backward(grad: Tensor, x: Tensor, padding: list[int]) -> Tensor:
    """Mirrored borders: the middle of the gradient plus its borders, mirrored back inside."""
    grad = _fold_borders(grad, 3, padding[0], padding[1])
    return _fold_borders(grad, 2, padding[2], padding[3])


def _fold_borders(grad: Tensor, dim: int, before: int, after: int) -> Tensor:
    """Add what lies outside along one axis to where it was mirrored from.

    Only the strips that change are added to, and the result is put together once: adding zero-padded borders
    to the whole would pass over the image five times.
    """
    size = grad.shape[dim] - before - after
    last = size - 1
    if before + after > size - 2:
        raise NotImplementedError(
            f"mirrored borders of {before} and {after} pixels on a side of {size} have no traced gradient; "
            f"the side must have at least {before + after + 2} pixels"
        )

    def inside(start: int, stop: int) -> Tensor:
        return grad.narrow(dim, before + start, stop - start)

    parts = [inside(0, 1)]
    if before:
        parts.append(inside(1, 1 + before) + _mirror(grad.narrow(dim, 0, before), dim))
    if last - after > 1 + before:
        parts.append(inside(1 + before, last - after))
    if after:
        parts.append(inside(last - after, last) + _mirror(grad.narrow(dim, before + size, after), dim))
    parts.append(inside(last, size))
    return torch.cat(parts, dim)


def _mirror(part: Tensor, dim: int) -> Tensor:
    return part if part.shape[dim] == 1 else part.flip(dim)


def avg_pool2d_backward(
    grad: Tensor,
    x: Tensor,
    kernel: list[int],
    stride: list[int],
    padding: list[int],
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    """Average pooling: every pixel gets its share of each mean that it is part of.

    Raises:
        NotImplementedError: windows other than square ones that either tile the image or slide by one pixel over it.
    """
    side, step, border = kernel[0], (stride or kernel)[0], padding[0]
    square = all(len({*values}) <= 1 for values in (kernel, stride, padding))
    if square and divisor is None and step == side and border == 0 and not any(n % side for n in x.shape[-2:]):
        # The operator itself: interpolate() would be traced as index operations between transpositions.
        return aten.upsample_nearest2d.default(grad, list(x.shape[-2:])) * (1 / side**2)
    if not (square and divisor is None and step == 1 and side == 2 * border + 1):
        raise NotImplementedError(
            f"average pooling of {tuple(x.shape[-2:])} with kernel {kernel}, stride {stride}, padding {padding} has no "
            "traced gradient; use square windows that tile the image, or stride 1 and a padding that keeps the size"
        )
    if not count_include_pad:
        ones = grad.new_ones(1, 1, *grad.shape[-2:])
        grad = grad / F.avg_pool2d(ones, side, 1, border)
    return F.avg_pool2d(grad, side, 1, border)


def slice_backward(grad: Tensor, sizes: list[int], dim: int, start: int, end: int, step: int) -> Tensor:
    """Slice: the gradient among zeros.

    Raises:
        NotImplementedError: a step other than 1.
    """
    if step != 1:
        raise NotImplementedError(f"a slice with step {step} has no traced gradient; use step 1")
    dim %= len(sizes)
    first = start + sizes[dim] if start < 0 else start
    return grad if grad.shape[dim] == sizes[dim] else _place(grad, dim, first, sizes[dim])


def select_backward(grad: Tensor, sizes: list[int], dim: int, index: int) -> Tensor:
    """Choice of one index: the gradient among zeros."""
    dim %= len(sizes)
    return _place(grad.unsqueeze(dim), dim, index % sizes[dim], sizes[dim])


BACKWARD_OPERATORS: dict[Any, Callable[..., Any]] = {
    aten.threshold_backward.default: threshold_backward,
    aten.hardtanh_backward.default: hardtanh_backward,
    aten.leaky_relu_backward.default: leaky_relu_backward,
    aten._prelu_kernel_backward.default: prelu_backward,
    aten.sigmoid_backward.default: sigmoid_backward,
    aten.tanh_backward.default: tanh_backward,
    aten.gelu_backward.default: gelu_backward,
    aten._softmax_backward_data.default: softmax_backward,
    aten.native_layer_norm.default: layer_norm,
    aten.native_layer_norm_backward.default: layer_norm_backward,
    aten.reflection_pad2d_backward.default: reflection_pad2d_backward,
    aten.avg_pool2d_backward.default: avg_pool2d_backward,
    aten.slice_backward.default: slice_backward,
    aten.select_backward.default: select_backward,
}
"""Operator -> its ordinary form."""
