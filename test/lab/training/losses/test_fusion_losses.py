# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.evaluation.fusion.edges import edge_transfer  # noqa: E402
from fusion_perception.lab.training.losses.edges import (  # noqa: E402
    edge_maximum_loss,
    edge_preservation,
    edge_strength,
    edge_target_loss,
    signed_edge_loss,
    sobel,
)
from fusion_perception.lab.training.losses.fusion import (  # noqa: E402
    difference_correlation_loss,
    histogram_entropy,
    ssim,
    ssim_per_image,
    texture_loss,
)
from fusion_perception.lab.training.losses.weighted import (  # noqa: E402
    blend_loss,
    saliency_fusion_loss,
    weighted_intensity_loss,
)
from fusion_perception.lab.training.source_weights.provider import SourceWeights  # noqa: E402


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.rand(2, 1, 20, 24), torch.rand(2, 1, 20, 24)


def test_sobel_is_the_convolution(pair) -> None:
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    padded = F.pad(pair[0], (1, 1, 1, 1), mode="replicate")
    gx, gy = sobel(pair[0])
    torch.testing.assert_close(gx, F.conv2d(padded, kernel[None, None]))
    torch.testing.assert_close(gy, F.conv2d(padded, kernel.t()[None, None]))


def test_edge_losses_vanish_at_their_targets(pair) -> None:
    a, b = pair
    assert edge_target_loss(a, a) == 0
    assert edge_target_loss(a, b) > 0.1
    assert edge_maximum_loss(a, a, torch.zeros_like(a)) == 0
    assert edge_maximum_loss(torch.zeros_like(a), a, a).item() == pytest.approx(edge_strength(a).mean().item())
    assert signed_edge_loss(a, a, torch.zeros_like(a)) == 0
    # Only the signed loss sees that an edge has turned around.
    assert edge_maximum_loss(1 - a, a, a) < 1e-5
    assert signed_edge_loss(1 - a, a, a) > 0.1


def test_weighted_intensity_by_hand() -> None:
    fused, thermal, luma = (torch.full((1, 1, 4, 4), v) for v in (0.5, 1.0, 0.2))
    weights = SourceWeights.of_thermal(torch.full((1, 1, 4, 4), 0.25))
    assert weighted_intensity_loss(fused, thermal, luma, weights).item() == pytest.approx(0.25 * 0.25 + 0.75 * 0.09)
    squared = weighted_intensity_loss(fused, thermal, luma, weights, square_weights=True).item()
    assert squared == pytest.approx(0.0625 * 0.25 + 0.5625 * 0.09)


def test_the_weighted_mean_of_the_sources_minimises_the_weighted_intensity(pair) -> None:
    weights = SourceWeights.of_thermal(torch.rand(2, 1, 20, 24))
    best = weights.blend(*pair).requires_grad_()
    gradient = torch.autograd.grad(weighted_intensity_loss(best, *pair, weights), best)[0]
    assert gradient.abs().max() < 1e-9


def test_blend_loss(pair) -> None:
    a, b = pair
    assert blend_loss(a, a).item() == pytest.approx(0, abs=1e-5)
    expected = (a - b).abs().mean() + 1.1 * (1 - ssim(a, b))
    assert blend_loss(a, b).item() == pytest.approx(expected.item())
    assert blend_loss(a, b, 0.0, power=2).item() == pytest.approx((a - b).square().mean().item())


def test_saliency_fusion_loss_follows_its_weights(pair) -> None:
    a, b = pair
    toward_a = SourceWeights.of_thermal(torch.ones_like(a))
    assert saliency_fusion_loss(a, a, b, toward_a).item() == pytest.approx(0, abs=1e-5)
    expected = (b - a).abs().mean() + 1 - ssim(a, b)
    assert saliency_fusion_loss(b, a, b, toward_a).item() == pytest.approx(expected.item(), rel=1e-5)


def test_similarity_of_each_image_is_its_own(pair) -> None:
    a, b = pair
    both = ssim_per_image(a, b)
    torch.testing.assert_close(both[1:], ssim_per_image(a[1:], b[1:]))
    torch.testing.assert_close(both.mean(), ssim(a, b))


def test_texture_counts_energy_and_not_place(pair) -> None:
    a, b = pair
    assert texture_loss(a, a, torch.zeros_like(a)) == 0
    assert texture_loss(a.flip(3), a, torch.zeros_like(a), window=20) < 0.2 * texture_loss(0.5 * a, a, b * 0, window=20)
    assert texture_loss(0.5 * a, a, torch.zeros_like(a), gain=0.5) < 1e-6
    assert texture_loss(a, a, b) > 0  # the other source has stronger edges in places


def test_difference_correlation_is_scd(pair) -> None:
    a, b = (torch.round(255 * image) for image in pair)
    fused = torch.round(0.6 * a + 0.4 * b)
    from fusion_perception.lab.evaluation.fusion.correlation import sum_of_correlations_of_differences

    images = [image[0, 0].numpy().astype("uint8") for image in (a, b, fused)]
    expected = sum_of_correlations_of_differences(*images)
    found = difference_correlation_loss(*(image[:1] / 255 for image in (fused, a, b)))
    assert float(2 - found) == pytest.approx(expected, abs=1e-4)
    assert difference_correlation_loss(a / 255 + b / 255, a / 255, b / 255) < 1e-3


def test_soft_entropy_is_that_of_the_histogram_for_images_of_exact_levels():
    levels = torch.tensor([0.0, 0.25, 0.5, 1.0]).repeat(16).reshape(1, 1, 8, 8)
    flat = torch.full((1, 1, 8, 8), 0.75)
    assert torch.allclose(histogram_entropy(torch.cat([levels, flat]), step=1), torch.tensor([2.0, 0.0]), atol=1e-4)


def test_soft_entropy_grows_where_an_image_is_spread_out():
    torch.manual_seed(0)
    image = (0.4 + 0.2 * torch.rand(1, 1, 32, 32)).requires_grad_()
    histogram_entropy(image).sum().backward()
    wider = 0.5 + 1.5 * (image.detach() - 0.5)
    assert histogram_entropy(wider) > histogram_entropy(image.detach())
    assert image.grad.abs().max() > 0


def test_edge_preservation_follows_the_metric():
    rng = np.random.default_rng(0)
    thermal, luma = (cv2.GaussianBlur(rng.integers(0, 256, (64, 80)).astype(np.uint8), (0, 0), 2) for _ in range(2))
    for fused in (np.maximum(thermal, luma), thermal, ((thermal.astype(int) + luma) // 2).astype(np.uint8)):
        of = [torch.from_numpy(x)[None, None].float() / 255 for x in (fused, thermal, luma)]
        exact = edge_transfer(thermal, luma, fused).kept
        assert float(edge_preservation(*of, floor=1e-3)) == pytest.approx(exact, abs=0.04)


def test_edges_come_back_along_the_gradient_of_their_preservation():
    torch.manual_seed(0)
    thermal = torch.nn.functional.interpolate(torch.rand(1, 1, 6, 8), scale_factor=6, mode="bilinear")
    luma = torch.full_like(thermal, 0.5)
    fused = (0.5 * thermal).requires_grad_()
    optimiser = torch.optim.Adam([fused], 0.01)
    before = float(edge_preservation(fused.detach(), thermal, luma))
    for _ in range(40):
        optimiser.zero_grad()
        (1 - edge_preservation(fused, thermal, luma)).sum().backward()
        optimiser.step()
    assert float(edge_preservation(fused.detach(), thermal, luma)) > before + 0.1
    assert torch.isfinite(fused).all()
