# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Batches made of stored samples, where these are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from fusion_perception.lab.training.augmentation.blur import add_noise, blur_by_motion, make_coarse
from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.augmentation.covering import cover
from fusion_perception.lab.training.augmentation.dice import Dice, chosen
from fusion_perception.lab.training.augmentation.failures import draw_failures, fail
from fusion_perception.lab.training.augmentation.geometry import (
    Window,
    blacken_padding,
    cut,
    cut_maps,
    draw_window,
    shift,
)
from fusion_perception.lab.training.augmentation.objects import ObjectPaster, heat
from fusion_perception.lab.training.augmentation.rgb import compress, darken, relight
from fusion_perception.lab.training.augmentation.thermal import control_gain, damage, invert, respond
from fusion_perception.lab.training.batches import Batch
from fusion_perception.lab.training.sample_store import SampleStore
from fusion_perception.labels import IGNORE


class DeviceAugment:
    """Cuts, flips, pastes, changes the light, moves and switches off sensors.

    Everything happens on the device of the store. Which rows an operation touches is drawn on the CPU, so nothing waits
    for a GPU.

    Args:
        config: what is done.
        store: of the samples.
        donors: indices of the samples that pasted objects and frozen images come from.
    """

    def __init__(self, config: AugmentConfig, store: SampleStore, donors: Sequence[int]) -> None:
        self.config, self.store, self.donors = config, store, list(donors)
        self.paster = ObjectPaster(store, donors)

    @torch.no_grad()
    def __call__(self, indices: Sequence[int], dice: Sequence[Dice]) -> Batch:
        """Return a batch.

        Args:
            indices: of the samples.
            dice: randomness of each.
        """
        config, store = self.config, self.store
        windows = [draw_window(store, i, config, own) for i, own in zip(indices, dice, strict=True)]
        thermal, rgb, maps = self._crops(indices, windows)
        for row in chosen(dice, config.p_paste if config.max_paste else 0.0):
            crop = (thermal[row], rgb[row], maps[row])
            self.paster.paste(crop, indices[row], windows[row], dice[row], config)
        no_thermal, no_rgb = draw_failures(dice, config)
        self._change_thermal(thermal, maps, dice)
        self._change_rgb(rgb, dice, no_thermal)
        failing = {*no_thermal, *no_rgb}
        cover(thermal, rgb, dice, [i for i in chosen(dice, config.p_covered) if i not in failing])
        for name, images, rows in (("thermal", thermal, no_thermal), ("rgb", rgb, no_rgb)):
            blacken_padding(images, windows)
            fail(images, dice, rows, config.failures, partial(self._another, name))
        complete = torch.tensor([store.complete[i] for i in indices]).to(store.device, non_blocking=True)
        return Batch(thermal, rgb, maps[:, 0].long(), complete)

    def _crops(self, indices: Sequence[int], windows: Sequence[Window]) -> tuple[Tensor, Tensor, Tensor]:
        device, shape = self.store.device, self.config.crop
        thermal = torch.zeros(len(indices), 1, *shape, device=device)
        rgb = torch.zeros(len(indices), 3, *shape, device=device)
        maps = torch.zeros(len(indices), 2, *shape, dtype=torch.uint8, device=device)
        maps[:, 0] = IGNORE
        for row, (i, window) in enumerate(zip(indices, windows, strict=True)):
            for name, images in (("thermal", thermal), ("rgb", rgb)):
                torch.div(cut(self.store.row(name, i), window), 255, out=images[row][window.place])
            maps[row][window.place] = cut_maps(self.store.row("maps", i), window)
        return thermal, rgb, maps

    def _change_thermal(self, thermal: Tensor, maps: Tensor, dice: Sequence[Dice]) -> None:
        config = self.config
        heat(thermal, maps, dice, config.p_heat, config.heated)
        shift(thermal, dice, chosen(dice, config.p_shift), config.max_shift)
        make_coarse(thermal, dice, chosen(dice, config.p_coarse))
        control_gain(thermal, dice, chosen(dice, config.p_gain_control))
        respond(thermal, dice, chosen(dice, config.p_photometric), config.response)
        add_noise(thermal, dice, chosen(dice, config.p_thermal_noise), 6)
        damage(thermal, dice, chosen(dice, config.p_defects))
        invert(thermal, chosen(dice, config.p_polarity))

    def _change_rgb(self, rgb: Tensor, dice: Sequence[Dice], alone: Sequence[int]) -> None:
        config = self.config
        make_coarse(rgb, dice, chosen(dice, config.p_coarse))
        blur_by_motion(rgb, dice, chosen(dice, config.p_motion))
        relight(rgb, dice, chosen(dice, config.p_photometric), config.light)
        darken(rgb, dice, [i for i in chosen(dice, config.p_dark) if i not in alone])  # else nothing is seen at all
        add_noise(rgb, dice, chosen(dice, config.p_noise), 12)
        compress(rgb, dice, chosen(dice, config.p_jpeg))

    def _another(self, name: str, dice: Dice) -> Tensor:
        """Return a crop of one sensor from any sample."""
        index = self.donors[dice.integer(0, len(self.donors))]
        window = draw_window(self.store, index, self.config, dice)
        images = self.store.row(name, index)
        crop = torch.zeros(len(images), *self.config.crop, device=images.device)
        torch.div(cut(images, window), 255, out=crop[window.place])
        return crop
