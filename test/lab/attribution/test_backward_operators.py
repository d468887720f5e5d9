# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every backward operator in its ordinary form against autograd, alone and in a traced graph."""

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.attribution.backward_operators import BACKWARD_OPERATORS, slice_backward  # noqa: E402
from fusion_perception.lab.attribution.path import autograd_gradient  # noqa: E402
from fusion_perception.lab.attribution.traced_gradient import trace_input_gradient  # noqa: E402

SLOPE = torch.tensor([0.3], dtype=torch.float64)
SLOPES = torch.tensor([0.3, -0.2, 0.1, 1.5], dtype=torch.float64)
GENERATOR = torch.Generator().manual_seed(5)
NORM_WEIGHT = torch.randn(20, dtype=torch.float64, generator=GENERATOR)
NORM_BIAS = torch.randn(20, dtype=torch.float64, generator=GENERATOR)

FUNCTIONS = {
    "relu": torch.relu,
    "relu6": lambda x: F.relu6(x * 4),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "prelu_one_slope": lambda x: F.prelu(x, SLOPE),
    "prelu_slope_per_channel": lambda x: F.prelu(x, SLOPES),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "softmax_over_channels": lambda x: torch.softmax(x, 1),
    "softmax_over_the_last_axis": lambda x: torch.softmax(3 * x, -1),
    "layer_norm": lambda x: F.layer_norm(x, (20,), NORM_WEIGHT, NORM_BIAS),
    "layer_norm_without_affine": lambda x: F.layer_norm(x, (12, 20)),
    "reflect_1": lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    "reflect_uneven": lambda x: F.pad(x, (0, 3, 2, 1), mode="reflect"),
    "reflect_as_wide_as_it_goes": lambda x: F.pad(x, (9, 9, 5, 5), mode="reflect"),
    "slice": lambda x: x[:, 1:3, 2:-1],
    "slice_from_the_end": lambda x: x[..., -4:],
    "slice_of_nothing": lambda x: x[:, 0:],
    "chunk": lambda x: x.chunk(2, 1)[1],
    "split": lambda x: torch.split(x, 1, 1)[2],
    "select": lambda x: x[:, 2],
    "select_from_the_end": lambda x: x[..., -2],
    "largest_channel": lambda x: x.amax(1, keepdim=True),
    "clamp": lambda x: x.clamp(-0.5, 0.5),
    "length": lambda x: x * torch.rsqrt((x * x).sum(-1, keepdim=True) + 1e-12),
    "product": lambda x: x @ x.transpose(-1, -2),
    "mean_of_tiles": lambda x: F.avg_pool2d(x, 4),
    "mean_of_windows": lambda x: F.avg_pool2d(x, 5, 1, 2, count_include_pad=False),
    "mean_of_windows_with_the_border": lambda x: F.avg_pool2d(x, 3, 1, 1),
    "reflect_conv": nn.Conv2d(4, 3, 3, padding=1, padding_mode="reflect").double().requires_grad_(False),
    "transposed_conv": nn.ConvTranspose2d(4, 3, 3, 2, 1, 1).double().requires_grad_(False),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_traced_gradient_equals_autograd(name):
    function = FUNCTIONS[name]

    def net(thermal, rgb):
        # Squared, so that an error in a linear operator's gradient is not hidden by symmetry.
        return function(torch.cat([thermal, rgb], 1)) ** 2

    torch.manual_seed(0)
    thermal, rgb = torch.randn(2, 1, 12, 20, dtype=torch.float64), torch.randn(2, 3, 12, 20, dtype=torch.float64)
    weights = torch.randn_like(net(thermal, rgb)[:1])
    traced = trace_input_gradient(net, torch.rand_like(thermal), torch.rand_like(rgb), torch.rand_like(weights))
    left = [str(node.target) for node in traced.graph.nodes if "backward" in str(node.target)]
    assert not left
    expected = autograd_gradient(net)(thermal, rgb, weights)
    assert max(float(g.abs().max()) for g in expected) > 0
    for found, wanted in zip(traced(thermal, rgb, weights), expected, strict=True):
        assert torch.allclose(found, wanted, atol=1e-12)


def test_values_on_the_kink_are_those_of_autograd():
    kinks = torch.tensor([0.0, 6.0, -0.0, 1.0, 7.0, -1.0], dtype=torch.float64)
    ones = torch.ones_like(kinks)
    aten = torch.ops.aten
    for operator, arguments in (
        (aten.threshold_backward.default, (ones, kinks, 0.0)),
        (aten.hardtanh_backward.default, (ones, kinks, 0.0, 6.0)),
        (aten.leaky_relu_backward.default, (ones, kinks, 0.01, False)),
        (aten._prelu_kernel_backward.default, (ones, kinks, SLOPE)),
    ):
        found, expected = BACKWARD_OPERATORS[operator](*arguments), operator(*arguments)
        if isinstance(expected, torch.Tensor):
            found, expected = [found], [expected]
        for a, b in zip(found, expected, strict=True):
            assert torch.equal(a, b), operator


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: slice_backward(torch.ones(1, 4), [1, 8], 1, 0, 8, 2), "step 2"),
        (
            lambda: BACKWARD_OPERATORS[torch.ops.aten.gelu_backward.default](
                torch.ones(1), torch.ones(1), approximate="tanh"
            ),
            "approximate='tanh'",
        ),
        (
            lambda: BACKWARD_OPERATORS[torch.ops.aten.reflection_pad2d_backward.default](
                torch.ones(1, 1, 9, 9), torch.ones(1, 1, 3, 3), [3, 3, 3, 3]
            ),
            "at least 8 pixels",
        ),
        (
            lambda: BACKWARD_OPERATORS[torch.ops.aten.avg_pool2d_backward.default](
                torch.ones(1, 1, 2, 2), torch.ones(1, 1, 5, 5), [2, 2], [2, 2], [0, 0], False, True, None
            ),
            "square windows that tile",
        ),
    ],
)
def test_what_has_no_traced_form_is_refused_in_words(call, message):
    with pytest.raises(NotImplementedError, match=message):
        call()
