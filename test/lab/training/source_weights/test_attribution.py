# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch import nn  # noqa: E402

from fusion_perception.lab.training.source_weights.attribution import AttributionWeights  # noqa: E402


class Bright(nn.Module):
    """Class 1 where the image is bright; dropout makes train and eval mode differ."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.norm = nn.BatchNorm2d(1)
        self.gain = nn.Parameter(torch.tensor(8.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.gain * (self.drop(self.norm(x)) - 0.5)
        return torch.cat([-x, x], 1).softmax(1)


def scene() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A square (class 1) that only the thermal image of the first pair and the RGB of the second shows."""
    thermal, luma = torch.full((2, 1, 8, 8), 0.2), torch.full((2, 1, 8, 8), 0.2)
    regions = torch.zeros(2, 8, 8, dtype=torch.long)
    regions[:, 2:5, 2:5] = 1
    thermal[0, 0, 2:5, 2:5] = 0.9
    luma[1, 0, 2:5, 2:5] = 0.9
    return thermal, luma, regions


@pytest.fixture
def net() -> Bright:
    return Bright()


def test_integrated_gradients_by_hand() -> None:
    # s_1 is the mean of x^2 over 9 pixels; right Riemann sum with K = 2 at x/2 and x: a = x (x + 2x)/2 / 9.
    def square(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([1 - x**2, x**2], 1)

    thermal, luma, regions = scene()
    support = AttributionWeights(nn.Identity(), square, points=2).support(thermal, luma, regions)
    assert support[0][0, 1].item() == pytest.approx(1.5 * 0.81 / 9)
    assert support[1][0, 1].item() == pytest.approx(1.5 * 0.04 / 9)
    assert support[0][0, 0].item() == 0  # class 0 falls with brightness: rectified


def test_the_sensor_that_shows_the_object_gets_its_weight(net: Bright) -> None:
    thermal, luma, regions = scene()
    weights = AttributionWeights(net, net)(thermal, luma, regions)
    torch.testing.assert_close(weights.thermal + weights.luma, torch.ones_like(thermal))
    assert weights.thermal[0, 0, 3, 3] > 0.8
    assert weights.luma[1, 0, 3, 3] > 0.8
    assert weights.thermal[0, 0, 2:5, 2:5].std() == 0  # constant on a region


def test_every_image_is_on_its_own_unless_pooled(net: Bright) -> None:
    thermal, luma, regions = scene()
    alone = AttributionWeights(net, net)
    torch.testing.assert_close(
        alone(thermal, luma, regions).thermal[:1], alone(thermal[:1], luma[:1], regions[:1]).thermal
    )
    pooled = AttributionWeights(net, net, pooled=True)(thermal, luma, regions)
    assert pooled.thermal[0, 0, 3, 3].item() == pytest.approx(0.5, abs=1e-5)  # one sensor each: they cancel


def test_unknown_pixels_weigh_both_sources_alike(net: Bright) -> None:
    thermal, luma, regions = scene()
    regions[:, :2] = 255
    weights = AttributionWeights(net, net)(thermal, luma, regions)
    assert torch.equal(weights.thermal[:, :, :2], torch.full((2, 1, 2, 8), 0.5))


def test_the_network_is_evaluated_and_left_as_it_was(net: Bright) -> None:
    net.train()
    before = net.norm.running_mean.clone()
    provider = AttributionWeights(net, net)
    first, second = provider(*scene()).thermal, provider(*scene()).thermal
    assert torch.equal(first, second)  # no dropout
    assert torch.equal(net.norm.running_mean, before)
    assert net.training
    assert net.drop.training
    assert net.gain.grad is None
    assert not first.requires_grad


def test_one_backward_pass_for_all_classes_agrees_where_regions_do_not_interact(net: Bright) -> None:
    exact = AttributionWeights(net, net)(*scene()).thermal
    shared = AttributionWeights(net, net, exact=False)(*scene()).thermal
    torch.testing.assert_close(exact, shared)


def test_scores_of_coarser_resolution_are_accepted(net: Bright) -> None:
    def coarse(x: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(net(x), 2)

    weights = AttributionWeights(net, coarse)(*scene())
    assert weights.thermal[0, 0, 3, 3] > 0.8
