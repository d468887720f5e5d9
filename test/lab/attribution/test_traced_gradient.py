# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.attribution.path import autograd_gradient  # noqa: E402
from fusion_perception.lab.attribution.targets import predicted_region_weights  # noqa: E402
from fusion_perception.lab.attribution.traced_gradient import (  # noqa: E402
    convolution_input_gradient,
    trace_input_gradient,
    trace_output_and_gradient,
)
from fusion_perception.lab.nets.blocks.conv import fold_batch_norm  # noqa: E402
from fusion_perception.lab.nets.segmenters.realtime import RealtimeSegmenter  # noqa: E402

CONVOLUTIONS = [
    # kernel, stride, padding, dilation, groups, height, width
    (1, 1, 0, 1, 1, 8, 12),
    (3, 1, 1, 1, 1, 8, 12),
    (3, 1, 2, 2, 1, 9, 13),
    (5, 1, 2, 1, 1, 8, 12),
    (3, 1, 0, 1, 1, 8, 12),
    (3, 2, 1, 1, 1, 8, 12),
    (3, 2, 1, 1, 1, 9, 13),
    (6, 2, 2, 1, 1, 8, 12),
    (2, 2, 0, 1, 1, 8, 12),
    (4, 4, 0, 1, 1, 8, 12),
    (7, 4, 3, 1, 1, 16, 32),
    (3, 1, 1, 1, 4, 8, 12),
    (3, 2, 1, 1, 4, 8, 12),
    (1, 2, 0, 1, 1, 8, 12),
    (3, 1, 3, 1, 1, 8, 12),
]


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "groups", "height", "width"), CONVOLUTIONS)
def test_convolution_gradient_equals_autograd(kernel, stride, padding, dilation, groups, height, width):
    torch.manual_seed(0)
    x = torch.randn(2, 4, height, width, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(8, 4 // groups, kernel, kernel, dtype=torch.float64)
    y = F.conv2d(x, weight, None, stride, padding, dilation, groups)
    grad = torch.randn_like(y)
    (expected,) = torch.autograd.grad(y, x, grad)
    found = convolution_input_gradient(
        grad, x, weight, (stride, stride), (padding, padding), (dilation, dilation), groups
    )
    assert torch.allclose(found, expected, atol=1e-12)


class Wide(nn.Module):
    """One of each operator whose backward is decomposed."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(4, 8, 6, 2, 2)
        self.grouped = nn.Conv2d(8, 8, 3, 2, 1, groups=4)
        self.up = nn.ConvTranspose2d(8, 8, 2, 2)
        self.last = nn.Conv2d(8, 3, 3, padding=1)

    def forward(self, thermal, rgb):
        x = F.relu(self.first(torch.cat([thermal, rgb], 1)))
        y = F.interpolate(F.relu(self.grouped(x)), scale_factor=2.0, mode="nearest")
        z = F.interpolate(self.up(self.grouped(x)), size=(40, 56), mode="bilinear", align_corners=False)
        x = x + y * torch.sigmoid(x.mean((2, 3), keepdim=True))
        x = F.interpolate(x, size=(40, 56), mode="bilinear", align_corners=True)
        return self.last(x + z)


@pytest.mark.parametrize("points", [1, 3])
def test_traced_gradient_equals_autograd(points):
    torch.manual_seed(0)
    net = Wide().double().eval().requires_grad_(False)
    thermal = torch.rand(points, 1, 32, 48, dtype=torch.float64)
    rgb = torch.rand(points, 3, 32, 48, dtype=torch.float64)
    weights = predicted_region_weights(net(thermal, rgb)[:1])
    traced = trace_input_gradient(net, torch.rand_like(thermal), torch.rand_like(rgb), torch.rand_like(weights))
    for found, expected in zip(
        traced(thermal, rgb, weights), autograd_gradient(net)(thermal, rgb, weights), strict=True
    ):
        assert float(expected.abs().max()) > 0
        assert torch.allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("contrast", [0, 8])
def test_the_graph_holds_no_backward_operator_and_no_transposed_convolution_for_our_net(contrast):
    net = RealtimeSegmenter(widths=(16, 16, 16, 16, 16), decoder=16, contrast=contrast)
    fold_batch_norm(net).requires_grad_(False)
    thermal, rgb = torch.rand(1, 1, 64, 64), torch.rand(1, 3, 64, 64)
    traced = trace_input_gradient(net, thermal, rgb, net(thermal, rgb))
    names = [str(node.target) for node in traced.graph.nodes if node.op == "call_function"]
    assert names
    assert not [name for name in names if "backward" in name]
    transposed = [node for node in traced.graph.nodes if "convolution" in str(node.target) and node.args[6]]
    assert not transposed


def test_shared_forward_returns_the_outputs_and_the_gradient_at_the_image():
    torch.manual_seed(0)
    net = Wide().eval().requires_grad_(False)

    def system(thermal, rgb):
        return thermal + rgb[:, :1], net(thermal, rgb)

    thermal, rgb = torch.rand(1, 1, 32, 48), torch.rand(1, 3, 32, 48)
    traced = trace_output_and_gradient(system, predicted_region_weights, torch.rand_like(thermal), torch.rand_like(rgb))
    fused, logits, grad_thermal, grad_rgb = traced(thermal, rgb)
    assert torch.equal(fused, thermal + rgb[:, :1])
    assert torch.allclose(logits, net(thermal, rgb), atol=1e-6)
    expected = autograd_gradient(net)(thermal, rgb, predicted_region_weights(logits))
    assert torch.allclose(grad_thermal, expected[0], atol=1e-7)
    assert torch.allclose(grad_rgb, expected[1], atol=1e-7)


def test_fractional_nearest_upsampling_is_refused_in_words():
    def net(thermal, rgb):
        return F.interpolate(thermal, size=(13, 17), mode="nearest")

    thermal, rgb = torch.rand(1, 1, 8, 8), torch.rand(1, 3, 8, 8)
    with pytest.raises(NotImplementedError, match="only whole factors have a traced gradient"):
        trace_input_gradient(net, thermal, rgb, torch.rand(1, 1, 13, 17))


def test_bilinear_interpolation_leaves_no_matrix_in_the_graph():
    small, large = (240, 160), (336, 224)

    def net(thermal, rgb):
        return F.interpolate(thermal, size=large, mode="bilinear", align_corners=False)

    thermal, rgb = torch.rand(1, 1, *small), torch.rand(1, 3, *small)
    weights = torch.rand(1, 1, *large)
    traced = trace_input_gradient(lambda t, c: net(t, c) + 0 * c.sum(), thermal, rgb, weights)
    found, _ = traced(thermal, rgb, weights)
    expected = torch.autograd.functional.vjp(lambda t: net(t, rgb), thermal, weights)[1]
    assert torch.allclose(found, expected, atol=1e-3)
    stored = [tensor.numel() for tensor in traced.buffers()]
    assert stored
    assert max(stored) <= 4 * max(large)  # a matrix has 80640
