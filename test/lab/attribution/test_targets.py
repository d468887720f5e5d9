# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from fusion_perception.lab.attribution.targets import SMALLEST_REGION, predicted_region_weights  # noqa: E402


def test_hand_computed_weights_of_two_regions():
    # 40 x 50 pixels, three classes: the left 10 columns are class 2, the rest class 0.
    logits = torch.zeros(1, 3, 40, 50)
    logits[:, 0] = 1.0
    logits[:, 2, :, :10] = 5.0
    weights = predicted_region_weights(logits)
    third = 1 / 3
    assert torch.allclose(weights[0, :, 0, 0], torch.tensor([-third, -third, 1 - third]) / 400)
    assert torch.allclose(weights[0, :, 0, 49], torch.tensor([1 - third, -third, -third]) / 1600)
    # s = margin of class 0 (1 - 1/3) + margin of class 2 (5 - 6/3)
    assert float((weights * logits).sum()) == pytest.approx((1 - 1 / 3) + (5 - 2), rel=1e-5)


def test_score_ignores_a_constant_added_to_all_logits():
    logits = torch.randn(1, 5, 12, 16, generator=torch.Generator().manual_seed(0))
    weights = predicted_region_weights(logits)
    assert float((weights * 7.0).sum()) == pytest.approx(0.0, abs=1e-4)


def test_a_stray_pixel_counts_as_the_smallest_region():
    logits = torch.zeros(1, 2, 100, 100)
    logits[:, 0] = 1.0
    logits[:, 1, 3, 4] = 2.0
    weights = predicted_region_weights(logits)
    assert float(weights[0, 1, 3, 4]) == pytest.approx(0.5 / (SMALLEST_REGION * 10000))
