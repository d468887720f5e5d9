# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from torch import Tensor, nn  # noqa: E402

from fusion_perception.lab.training.pseudo_labels import SCALES, pseudo_labelled  # noqa: E402
from fusion_perception.lab.training.samples import OCCUPIED, Sample, unlabelled_sample  # noqa: E402
from fusion_perception.labels import IGNORE  # noqa: E402
from test.lab.training.scenes import samples, tiny_system  # noqa: E402

CPU = torch.device("cpu")


class Bright(nn.Module):
    """Says class 2 where thermal is bright and 0 where it is dark, and does not know in between."""

    def __init__(self, sharpness: float = 40.0) -> None:
        super().__init__()
        self.sharpness, self.seen = sharpness, []

    def segment(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        self.seen.append((tuple(thermal.shape), tuple(rgb.shape), self.training, torch.is_grad_enabled()))
        score = self.sharpness * (thermal - 0.5)[:, :, 1::2, 1::2]
        return torch.cat([-score, torch.full_like(score, -99.0), score], 1)


class LeftOrRight(nn.Module):
    """Surely says 1 in the left half of whatever it sees, and 0 in the right."""

    def segment(self, thermal: Tensor, rgb: Tensor) -> Tensor:
        score = torch.where(torch.arange(thermal.shape[3]) < thermal.shape[3] // 2, 20.0, -20.0).expand(thermal.shape)
        return torch.cat([-score, score], 1)


def three_greys() -> Sample:
    """A picture of three columns: black, grey and white in thermal."""
    thermal = np.repeat(np.repeat(np.array([[0, 128, 255]], np.uint8), 64, 0), 64, 1)
    return unlabelled_sample(thermal, np.zeros((64, 192, 3), np.uint8), "day", "greys")


def test_sure_pixels_are_labelled_and_others_are_not() -> None:
    teacher, sample = Bright(), three_greys()
    (labelled,) = pseudo_labelled([teacher], [sample], CPU)
    black, grey, white = (labelled.labels[:, 64 * i + 8 : 64 * i + 56] for i in range(3))
    assert (black == 0).all() and (white == 2).all() and (grey == IGNORE).all()
    assert labelled.labels.dtype == np.uint8
    assert replace(labelled, labels=sample.labels, complete=False) == sample
    assert labelled.complete and (sample.labels == IGNORE).all()
    assert SCALES == (1.0, 1.5)
    assert [shape for shape, *_ in teacher.seen] == [(1, 1, 64, 192)] * 2 + [(1, 1, 128, 256)] * 2  # whole 64s
    assert all(rgb[1:] == (3, *thermal[2:]) for thermal, rgb, *_ in teacher.seen)


def test_what_is_ruled_out_goes_to_the_class_that_is_left() -> None:
    sample = three_greys()
    bits = np.zeros((64, 192), np.uint32)
    bits[:, 128:160], bits[:, 160:] = 1 << 2, 1 << 2 | 1 << OCCUPIED
    (labelled,) = pseudo_labelled([Bright(1.0)], [replace(sample, ruled_out=bits)], CPU, 0.7)
    black, grey, empty, occupied = (labelled.labels[:, x + 8 : x + 24] for x in (0, 64, 128, 160))
    assert (black == 0).all() and (grey == IGNORE).all()
    assert (empty == 0).all()  # nearly all of what is left, though white speaks against it
    assert (occupied == IGNORE).all()  # something may stand there, which is not of class 2


def test_a_box_turns_one_object_into_the_one_that_it_may_hold() -> None:
    class Unsure(nn.Module):
        """Most probably 1, then 2, then 0."""

        def segment(self, thermal: Tensor, rgb: Tensor) -> Tensor:
            return torch.tensor([0.0, 5.0, 4.0])[None, :, None, None].expand(-1, -1, *thermal.shape[2:])

    bits = np.zeros((64, 192), np.uint32)
    bits[:, :64], bits[:, 64:128], bits[0, 191] = 1 << 1 | 1 << OCCUPIED, 1 << 1 | 1 << 2, 1 << 2
    (box,) = pseudo_labelled([Unsure()], [replace(three_greys(), ruled_out=bits)], CPU, 0.8)
    assert (box.labels[:, :64] == 2).all()
    assert (box.labels[:, 64:128] == 0).all()
    assert (box.labels[1:, 128:] == IGNORE).all()
    bits[:, 64:] = 0
    bits[0, 191] = 1 << 1
    (unjudged,) = pseudo_labelled([Unsure()], [replace(three_greys(), ruled_out=bits)], CPU, 0.8)
    assert (unjudged.labels == IGNORE).all()  # 2 is judged nowhere: a second guess


def test_how_sure_is_sure_enough_can_be_said() -> None:
    (sample,) = samples(1)
    shares = [
        float((pseudo_labelled([Bright(4.0)], [sample], CPU, least)[0].labels != IGNORE).mean())
        for least in (0.0, 0.8, 0.9, 1.0)
    ]
    assert shares[0] == 1 and shares[-1] == 0
    assert shares == sorted(shares, reverse=True) and len(set(shares)) >= 3


def test_mirrored_looks_must_agree() -> None:
    # What depends on the place alone is said of either side once, so nothing is sure.
    (labelled,) = pseudo_labelled([LeftOrRight()], samples(1), CPU)
    assert (labelled.labels == IGNORE).all()
    (sample,) = samples(1, 3)
    mirrored = replace(sample, thermal=sample.thermal[:, ::-1].copy(), rgb=sample.rgb[:, ::-1].copy())
    straight, turned = (pseudo_labelled([Bright()], [one], CPU)[0].labels for one in (sample, mirrored))
    assert {0, 2, IGNORE} == set(np.unique(straight))
    assert (straight != turned[:, ::-1]).mean() < 0.01


def test_teachers_that_disagree_label_nothing() -> None:
    (sample,) = samples(1)
    labelled = [
        pseudo_labelled(list(teachers), [sample], CPU)[0].labels
        for teachers in ([Bright()] * 2, (Bright(), Bright(-40.0)))
    ]
    assert (labelled[0] != IGNORE).mean() > 0.5
    assert (labelled[1] == IGNORE).all()


def test_own_labels_are_not_looked_at() -> None:
    (sample,) = samples(1)
    other = replace(sample, labels=np.full_like(sample.labels, 1))
    one, two = (pseudo_labelled([Bright()], [s], CPU)[0].labels for s in (sample, other))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("training", [True, False])
def test_teachers_are_left_as_they_were(training: bool) -> None:
    teacher, noted = tiny_system().train(training), Bright().train(training)
    before = {key: value.clone() for key, value in teacher.state_dict().items()}
    first, second = (pseudo_labelled([teacher], samples(2), CPU, 0.3) for _ in range(2))
    pseudo_labelled([noted], samples(1), CPU)
    assert all(np.array_equal(a.labels, b.labels) for a, b in zip(first, second, strict=True))
    assert teacher.training is noted.training is training
    assert all(torch.equal(before[key], value) for key, value in teacher.state_dict().items())
    assert all(not mode and not grad for *_, mode, grad in noted.seen)
    assert all(module.training is training for module in teacher.modules())
