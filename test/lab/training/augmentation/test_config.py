# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import fields

import pytest

from fusion_perception.lab.training.augmentation.config import FAILURES, PARTS, WIDE, AugmentConfig, without
from fusion_perception.lab.training.choices import AUGMENTATIONS


def test_every_part_of_the_augmentation_can_be_left_out() -> None:
    assert tuple(PARTS) == AUGMENTATIONS
    config = without(AugmentConfig(), ["paste", "failures"])
    assert (config.p_paste, config.p_no_thermal, config.p_no_rgb) == (0, 0, 0)
    assert config.p_dark == AugmentConfig().p_dark > 0
    with pytest.raises(ValueError, match="unknown part of the augmentation 'x'; allowed: paste"):
        without(AugmentConfig(), ["x"])


def test_every_probability_belongs_to_a_part() -> None:
    listed = {name for names in PARTS.values() for name in names}
    assert listed == {field.name for field in fields(AugmentConfig) if field.name.startswith("p_")} - {"p_flip"}
    assert set(WIDE.failures) == set(FAILURES)


def test_unknown_failures_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown failures \['green'\]; allowed: one or more of black, constant"):
        AugmentConfig(failures=("black", "green"))
    with pytest.raises(ValueError, match="one or more of"):
        AugmentConfig(failures=())
