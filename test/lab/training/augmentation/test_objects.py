# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.training.augmentation.device_augment import DeviceAugment  # noqa: E402
from fusion_perception.lab.training.augmentation.objects import heat  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.sample_store import SampleStore  # noqa: E402
from fusion_perception.lab.training.samples import Sample  # noqa: E402
from fusion_perception.labels import IGNORE  # noqa: E402
from test.lab.training.augmentation.stores import CPU, OFF, draw, plain, rolls, sample  # noqa: E402

WHOLE = {"crop": (60, 80), "p_paste": 1.0}


def inside(labels: torch.Tensor, label: int) -> torch.Tensor:
    """Pixels of a class whose neighbours are of it as well."""
    mask = (labels == label).float()
    return -F.max_pool2d(-mask[:, None], 3, 1, 1)[:, 0] > 0


def test_pasted_objects_come_from_the_same_time_of_day() -> None:
    pairs = [plain(0, 0, "night"), plain(0, 0, "day"), replace(sample(), key="night")]
    batch = draw(pairs, [0, 1] * 8, max_paste=3, p_foreign=0.0, **WHOLE)
    assert not (batch.labels[1::2] == 2).any()
    night = batch.labels[::2]
    assert ((night == 2).flatten(1).sum(1) > 100).all()
    on = inside(night, 2)
    assert (batch.thermal[::2, 0][on] > 0.05).all()
    assert batch.rgb[::2].amax(1)[on].min() > 0
    clear = F.max_pool2d((night == 2).float(), 3, 1, 1) == 0
    assert not batch.thermal[::2, 0][clear].any()
    assert set(night.unique().tolist()) == {0, 2}


def test_an_object_keeps_its_height_and_its_scale() -> None:
    pairs = [plain(0, 0, "night"), plain(200, 1, "night")]
    for scale in (1.0, 0.5):
        size = (round(60 * scale), round(80 * scale))
        batch = draw(pairs, [0] * 12, p_paste=1.0, max_paste=1, crop=size, scale=(scale, scale))
        rows = (batch.labels == 1).any(2)
        assert rows.sum(1).float().mean() == pytest.approx(20 * scale, abs=1)
        lowest = torch.tensor([r.nonzero().max() for r in rows]).float()
        assert (lowest / size[0] - 39 / 60).abs().max() < 0.06
        assert len({int((image == 1).any(0).nonzero().min()) for image in batch.labels}) > 4


def test_objects_of_another_time_of_day_are_brought_to_the_light_of_the_place() -> None:
    pairs = [plain(12, 0, "night"), plain(12, 1, "night"), plain(230, 2, "day")]
    shares = {}
    for share in (0.0, 0.5, 1.0):
        batch = draw(pairs, [0] * 40, max_paste=1, p_foreign=share, **WHOLE)
        foreign = (batch.labels == 2).flatten(1).any(1)
        shares[share] = foreign.float().mean()
        assert ((batch.labels == 1) | (batch.labels == 2)).flatten(1).any(1).all()
        for i in foreign.nonzero()[:, 0]:
            on = inside(batch.labels[i : i + 1], 2)[0]
            assert 8 < 255 * batch.rgb[i][:, on].mean() < 34  # as seen by day: 230
            assert 230 * np.exp(-0.5) - 1 <= 255 * batch.thermal[i][:, on].mean() <= 255
    assert shares[0.0] == 0
    assert 0.2 < shares[0.5] < 0.8
    assert shares[1.0] == 1
    alone = draw(pairs[:2], [0] * 4, max_paste=1, p_foreign=1.0, **WHOLE)
    assert (alone.labels == 1).flatten(1).any(1).all()


def test_heated_things_of_another_time_of_day_can_be_as_cold_as_the_place() -> None:
    pairs = [plain(40, 0, "night"), plain(40, 1, "night"), plain(230, 1, "day")]

    def levels(heated: tuple[int, ...]) -> torch.Tensor:
        batch = draw(pairs, [0] * 40, max_paste=1, p_foreign=1.0, heated=heated, **WHOLE)
        on = inside(batch.labels, 1)
        return torch.stack([255 * t[0][m].mean() for t, m in zip(batch.thermal, on, strict=True)])

    cold = (levels((1,)) - 40).abs() < 20
    assert 0.2 < cold.float().mean() < 0.95
    assert (levels((2,)) > 100).all()


def test_a_box_is_pasted_with_its_unknown_rim() -> None:
    batch = draw([plain(0, 0), plain(90, 1, rim=True)], [0] * 16, max_paste=1, **WHOLE)
    whole = (batch.labels == 1).flatten(1).sum(1) == 400  # others stand at the border of the crop
    assert whole.sum() > 4
    for thermal, labels in zip(batch.thermal[whole], batch.labels[whole], strict=True):
        assert (labels == IGNORE).sum() <= 28 * 28 - 20 * 20
        assert ((255 * thermal[0][labels == 1]).round() == 90).all()  # the seam lies outside of the label
        assert (255 * thermal[0][labels == 0] < 90).all()


def test_samples_that_are_no_donors_give_nothing() -> None:
    store = SampleStore([plain(0, 0), plain(90, 1), plain(90, 2)], CPU)
    batch: Batch = DeviceAugment(replace(OFF, **WHOLE), store, [0, 1])([0] * 12, rolls(12))
    assert set(batch.labels.unique().tolist()) == {0, 1}
    assert not DeviceAugment(replace(OFF, **WHOLE), store, [0])([0] * 4, rolls(4)).labels.any()


def test_heat_changes_each_labelled_object_and_nothing_else() -> None:
    thermal = torch.full((2, 1, 40, 60), 40 / 255)
    labels = np.zeros((40, 60), np.uint8)
    labels[5:15, 5:20], labels[20:35, 30:50], labels[25:30, 2:8] = 1, 1, 2
    image = np.full((40, 60), 40, np.uint8)
    pair = Sample(image, np.zeros((40, 60, 3), np.uint8), labels, True, "any")
    maps = SampleStore([pair], CPU).maps.repeat(2, 1, 1, 1)
    heat(thermal, maps, rolls(2, 1), 1.0, (1,))
    out = 255 * thermal[0, 0]
    assert abs(out[10, 12] - 40) > 1 and abs(out[27, 40] - 40) > 1 and abs(out[10, 12] - out[27, 40]) > 1
    assert out[27, 5] == 40 and out[38, 55] == 40
    assert not torch.equal(thermal[0], thermal[1])
    batch = draw([pair], [0], crop=(40, 60), p_heat=1.0, heated=(1,))
    assert ((255 * batch.thermal - 40).abs() > 1).sum() > 100
    assert len(draw([pair], [0], crop=(40, 60), p_heat=1.0).thermal.unique()) == 1
