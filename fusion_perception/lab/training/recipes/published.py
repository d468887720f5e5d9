# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the recipes of published methods share: their segmentation loss and their augmentation."""

from __future__ import annotations

from dataclasses import replace

from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig
from fusion_perception.lab.training.recipes.recipe import RecipeOptions


def task_loss(options: RecipeOptions, *, ignore_background: bool = False) -> SegmentationLossConfig:
    """Return the segmentation loss of the published methods.

    The papers have plain cross entropy, and so has the budget ``paper``. A short schedule cannot wait until
    classes of a few per mille of the pixels are noticed: there it is weighted and Dice is added, the same for
    every method. Either respects what partial labels do not annotate.
    """
    if options.budget == "paper" or options.faithful:
        return SegmentationLossConfig.plain(options.labels, options.annotated, ignore_background=ignore_background)
    balanced = SegmentationLossConfig.balanced(options.labels, options.annotated)
    return replace(balanced, ignore_background=ignore_background)


def gentle(crop: tuple[int, int], faithful: bool = False) -> AugmentConfig:
    """Return the augmentation of the published methods here.

    Their releases flip and rescale at most. Failing and shifted sensors are added, so that the networks
    degrade instead of failing when a camera does; ``faithful`` leaves that out.
    """
    if faithful:
        return AugmentConfig(
            crop, (1.0, 1.0), 0.5, 0.0, 0, p_photometric=0, p_dark=0, p_noise=0, p_shift=0, p_no_thermal=0, p_no_rgb=0
        )
    return AugmentConfig(crop)
