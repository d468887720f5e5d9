# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.config import PARTS, WIDE  # noqa: E402
from fusion_perception.lab.training.augmentation.device_augment import DeviceAugment  # noqa: E402
from fusion_perception.lab.training.sample_store import SampleStore  # noqa: E402
from test.lab.training.augmentation.stores import CPU, draw, rolls, sample  # noqa: E402

MOVING = ("paste", "foreign")
"""Parts that change labels."""


@pytest.mark.parametrize("part", [part for part in PARTS if part not in ("foreign", "failures")])
def test_every_part_does_something_and_moves_no_labels(part: str) -> None:
    pairs = [sample(0), sample(1)]
    sound = draw(pairs, [0, 1, 0, 1], crop=(60, 80))
    for name in PARTS[part]:
        changed = draw(pairs, [0, 1, 0, 1], crop=(60, 80), heated=(2,), **{name: 1.0})
        same = torch.equal(sound.thermal, changed.thermal), torch.equal(sound.rgb, changed.rgb)
        assert not all(same), name
        assert torch.equal(sound.labels, changed.labels) == (part not in MOVING)
        for image in (changed.thermal, changed.rgb):
            assert 0 <= image.min() <= image.max() <= 1


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    pairs = [sample(i) for i in range(4)]
    augment = DeviceAugment(replace(WIDE, crop=(32, 48)), SampleStore(pairs, CPU), range(4))
    together, alone = augment([0, 1, 2, 3], rolls(4)), augment([2], rolls(4)[2:3])
    assert torch.equal(together.rgb[2:3], alone.rgb)
    assert torch.equal(together.thermal[2:3], alone.thermal)
    assert torch.equal(together.labels[2:3], alone.labels)
