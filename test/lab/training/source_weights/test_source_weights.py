# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.source_weights.fixed import FixedWeights  # noqa: E402
from fusion_perception.lab.training.source_weights.generator import GeneratedWeights  # noqa: E402
from fusion_perception.lab.training.source_weights.provider import SourceWeights  # noqa: E402
from fusion_perception.lab.training.source_weights.saliency import SaliencyWeights, visual_saliency  # noqa: E402

REGIONS = torch.zeros(2, 12, 16, dtype=torch.long)


def images() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return torch.rand(2, 1, 12, 16), torch.rand(2, 1, 12, 16)


class Generator(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 2, 1)

    def forward(self, thermal: torch.Tensor, luma: torch.Tensor) -> torch.Tensor:
        return self.conv(torch.cat([thermal, luma], 1)).softmax(1)


@pytest.mark.parametrize(
    "provider",
    [
        FixedWeights(),
        FixedWeights(0.3),
        SaliencyWeights(),
        SaliencyWeights("softmax"),
        GeneratedWeights(Generator()),
    ],
    ids=["half", "third", "saliency", "softmax", "generated"],
)
def test_weights_sum_to_one_and_have_the_shape_of_the_image(provider) -> None:
    thermal, luma = images()
    weights = provider(thermal, luma, REGIONS)
    assert weights.thermal.shape == weights.luma.shape == thermal.shape
    torch.testing.assert_close(weights.thermal + weights.luma, torch.ones_like(thermal))
    assert 0 <= weights.thermal.min() <= weights.thermal.max() <= 1


def test_saliency_is_the_mean_distance_to_all_pixels() -> None:
    levels = torch.tensor([0, 0, 10, 250], dtype=torch.float32)
    image = (levels / 255).view(1, 1, 2, 2)
    by_hand = torch.stack([(levels - v).abs().sum() for v in levels])
    torch.testing.assert_close(visual_saliency(image).flatten(), by_hand / by_hand.max())


def test_saliency_of_each_image_is_its_own() -> None:
    thermal, _ = images()
    torch.testing.assert_close(visual_saliency(thermal)[1:], visual_saliency(thermal[1:]))
    assert torch.equal(visual_saliency(torch.full((1, 1, 4, 4), 0.5)), torch.zeros(1, 1, 4, 4))


def test_a_hot_spot_gets_thermal_weight() -> None:
    thermal, luma = torch.full((1, 1, 16, 16), 0.1), torch.full((1, 1, 16, 16), 0.4)
    thermal[..., 4:6, 4:6] = 0.9
    weights = SaliencyWeights()(thermal, luma, REGIONS[:1])
    assert weights.thermal[0, 0, 4, 4] == 1.0
    assert weights.thermal[0, 0, 0, 0] < 0.55
    assert weights.blend(thermal, luma)[0, 0, 4, 4] == pytest.approx(0.9)


def test_generated_weights_carry_gradients_unless_detached() -> None:
    generator = Generator()
    provider = GeneratedWeights(generator)
    provider(*images(), REGIONS).thermal.sum().backward()
    assert generator.conv.weight.grad.abs().max() > 0
    assert not provider.detached(*images(), REGIONS).thermal.requires_grad


@pytest.mark.parametrize(
    ("make", "message"),
    [(lambda: FixedWeights(1.5), "allowed: 0..1"), (lambda: SaliencyWeights("x"), "allowed: difference, softmax")],
)
def test_impossible_settings_are_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_blend_of_the_sources() -> None:
    thermal, luma = images()
    weights = SourceWeights.of_thermal(torch.full_like(thermal, 0.25))
    torch.testing.assert_close(weights.blend(thermal, luma), 0.25 * thermal + 0.75 * luma)
