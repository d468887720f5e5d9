# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.losses.segmentation import (  # noqa: E402
    SegmentationLossConfig,
    at_one_size,
    object_ids,
    partial_cross_entropy,
    segmentation_loss,
    segmentation_terms,
    unannotated_ids,
)
from fusion_perception.labels import FMB15, MSRS9  # noqa: E402

COMPLETE, INCOMPLETE = torch.tensor([True]), torch.tensor([False])


def logits_for(*values: float) -> torch.Tensor:
    return torch.tensor(values).view(1, -1, 1, 1).expand(1, len(values), 4, 4).clone().requires_grad_()


def test_an_incomplete_image_never_teaches_that_a_rare_class_is_absent() -> None:
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    for complete, rare_is_pushed_down in ((COMPLETE, True), (INCOMPLETE, False)):
        logits = logits_for(0.5, 0.2, 1.5)
        loss = partial_cross_entropy(logits, labels, complete, unannotated=[2])
        gradient = torch.autograd.grad(loss, logits)[0]
        assert bool((gradient[:, 2] > 0).all()) is rare_is_pushed_down
        assert bool((gradient[:, 1] > 0).all())  # the annotated class is absent, and that is taught


def test_partial_likelihood_by_hand() -> None:
    logits = logits_for(0.0, 0.0, 0.0, 0.0)
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    loss = partial_cross_entropy(logits, labels, INCOMPLETE, unannotated=[2, 3])
    assert loss.item() == pytest.approx(-torch.tensor(0.75).log().item())


def test_unknown_pixels_and_empty_labels_cost_nothing() -> None:
    labels = torch.full((1, 4, 4), 255)
    assert partial_cross_entropy(logits_for(1.0, 2.0), labels, COMPLETE, []).item() == 0
    labels[0, 0, 0] = 1
    logits = logits_for(1.0, 2.0)
    gradient = torch.autograd.grad(partial_cross_entropy(logits, labels, COMPLETE, []), logits)[0]
    assert gradient[0, :, 0, 0].abs().min() > 0
    assert gradient[0, :, 1:].abs().max() == 0


def test_background_can_be_left_out() -> None:
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    config = SegmentationLossConfig(ignore_background=True)
    assert segmentation_loss(logits_for(1.0, 2.0), labels, COMPLETE, config).item() == 0
    assert segmentation_loss(logits_for(1.0, 2.0), labels, COMPLETE, SegmentationLossConfig()).item() > 1


@pytest.mark.parametrize(("size", "expected"), [(8, 8), (4, 4), (2, 8)])
def test_logits_and_labels_meet_at_one_size(size: int, expected: int) -> None:
    logits, labels = at_one_size(torch.zeros(1, 3, size, size, dtype=torch.bfloat16), torch.zeros(1, 8, 8).long())
    assert logits.shape[-2:] == labels.shape[-2:] == (expected, expected)
    assert logits.dtype == torch.float32


def test_a_logit_at_half_resolution_stands_for_each_of_its_four_pixels() -> None:
    places = torch.arange(64).view(1, 8, 8)
    found = set()
    for seed in range(40):
        torch.manual_seed(seed)
        _, labels = at_one_size(torch.zeros(1, 3, 4, 4), places)
        assert torch.equal(labels, places[:, ::2, ::2] + labels[0, 0, 0])
        found.add(int(labels[0, 0, 0]))
    assert found == {0, 1, 8, 9}


def test_ids_that_boxes_do_not_annotate() -> None:
    assert unannotated_ids(MSRS9) == (4, 5, 6, 7, 8)
    assert set(unannotated_ids(FMB15)) == set(range(1, 15)) - {8, 9, 13}


def test_a_class_without_boxes_is_not_taught_to_be_absent() -> None:
    assert unannotated_ids(MSRS9, (0, 2)) == (1, 3, 4, 5, 6, 7, 8)
    assert object_ids(MSRS9, (0, 2, 7)) == (2,)
    labels = torch.zeros(1, 4, 4, dtype=torch.long)
    for config in (SegmentationLossConfig.plain(MSRS9, (0, 2)), SegmentationLossConfig.balanced(MSRS9, (0, 2))):
        logits = torch.zeros(1, 9, 4, 4, requires_grad=True)
        loss = segmentation_loss(logits, labels, torch.tensor([False]), config)
        (gradient,) = torch.autograd.grad(loss, logits)
        assert gradient[:, 2].min() > 0  # persons are annotated, and there are none
        assert gradient[:, [0, 1, 3, 4, 5, 6, 7, 8]].max() < 0


def test_dice_counts_a_rare_class_in_complete_images_only() -> None:
    labels = torch.zeros(2, 4, 4, dtype=torch.long)
    labels[:, 0] = 2
    config = SegmentationLossConfig(dice=0.0, unannotated=unannotated_ids(MSRS9), rare_dice=0.5)
    for complete in (True, False):
        logits = torch.zeros(2, 9, 4, 4, requires_grad=True)
        terms = segmentation_terms(logits, labels, torch.tensor([complete, False]), config)
        (gradient,) = torch.autograd.grad(terms["rare_dice"], logits)
        assert bool((gradient[0, 4:] > 0).all()) is complete  # they are absent there, or nothing is said
        assert not gradient[1].any()
    assert "rare_dice" not in segmentation_terms(logits, labels, COMPLETE, SegmentationLossConfig(rare_dice=0.5))


def test_balanced_loss_has_both_terms() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(2, 9, 8, 8), torch.randint(0, 9, (2, 8, 8))
    terms = segmentation_terms(logits, labels, torch.tensor([True, False]), SegmentationLossConfig.balanced(MSRS9))
    assert set(terms) == {"cross_entropy", "dice"}
    assert all(v > 0 for v in terms.values())
