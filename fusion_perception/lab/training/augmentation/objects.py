# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled objects: copied from other samples, made warmer and colder."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.training.augmentation.config import AugmentConfig
from fusion_perception.lab.training.augmentation.dice import Dice, chosen
from fusion_perception.lab.training.augmentation.geometry import Window, cut, cut_maps
from fusion_perception.lab.training.sample_store import MOST_OBJECTS, SampleStore, StoredObject
from fusion_perception.labels import IGNORE

MIN_AREA, MAX_AREA = 60, 40000
"""Of pasted objects, in pixels of the sample they come from."""
COOLED = 0.7
"""Share of the heated things from another time of day that are brought to the temperature of the place."""


class ObjectPaster:
    """Pastes objects of samples into crops of others.

    Simple copy-paste (Ghiasi et al., 2021) on both sensors at once: an object keeps its height in the
    image, so that its size stays plausible. Objects are drawn evenly over the classes, so that rare classes are seen
    often.

    Args:
        store: of the samples.
        samples: indices of those whose objects may be taken.
    """

    def __init__(self, store: SampleStore, samples: Iterable[int]) -> None:
        self.store = store
        allowed = set(samples)
        self.groups: dict[str, dict[int, list[StoredObject]]] = defaultdict(lambda: defaultdict(list))
        for item in store.objects:
            if item.sample in allowed and MIN_AREA <= item.area <= MAX_AREA:
                self.groups[store.keys[item.sample]][item.label].append(item)

    def paste(
        self,
        crop: tuple[Tensor, Tensor, Tensor],
        index: int,
        window: Window,
        dice: Dice,
        config: AugmentConfig,
    ) -> None:
        """Paste up to ``config.max_paste`` objects into one crop, in place.

        Objects from another time of day have their RGB brought to about the brightness of the place they cover: a car
        seen by day, parked at night. Most of the ``heated`` ones among them are brought to about the temperature of
        the place (``COOLED``).

        Args:
            crop: thermal (1, h, w) and RGB (3, h, w) in 0..1, maps (2, h, w) uint8 as in the store.
            index: of the sample.
            window: of the sample that the crop shows.
            dice: of this crop.
            config: how many, and from where.
        """
        key = self.store.keys[index]
        own = self.groups.get(key)
        if not own:
            return
        others = [self.groups[name] for name in sorted(self.groups) if name != key]
        for number in range(dice.integer(1, config.max_paste + 1)):
            foreign = bool(others) and dice.chance(config.p_foreign)
            classes = others[dice.integer(0, len(others))] if foreign else own
            labels = sorted(classes)
            group = classes[labels[dice.integer(0, len(labels))]]
            item = group[dice.integer(0, len(group))]
            self._paste_one(
                crop, item, self.store.sizes[index][0], window, MOST_OBJECTS + 1 + number, dice, foreign, config
            )

    def _paste_one(
        self,
        crop: tuple[Tensor, Tensor, Tensor],
        item: StoredObject,
        height: int,
        window: Window,
        number: int,
        dice: Dice,
        foreign: bool,
        config: AugmentConfig,
    ) -> None:
        top, left, bottom, right = item.box
        fy, fx = window.rows / window.height, window.columns / window.width
        rows, columns = max(1, round((bottom - top) * fy)), max(1, round((right - left) * fx))
        if rows > window.rows or columns > window.columns:
            return
        lowest = (item.bottom + dice.uniform(-0.03, 0.03)) * height
        y = window.y + round((min(max(lowest, bottom - top), height) - window.top) * fy) - rows
        x = window.x + dice.integer(-(columns // 3), window.columns - columns + columns // 3 + 1)
        y0, y1 = max(y, window.y), min(y + rows, window.y + window.rows)
        x0, x1 = max(x, window.x), min(x + columns, window.x + window.columns)
        if y1 <= y0 or x1 <= x0:
            return
        source = Window(top, left, bottom - top, right - left, 0, 0, rows, columns, dice.chance(0.5))
        seen = (slice(None), slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
        place = (slice(None), slice(y0, y1), slice(x0, x1))
        labels, numbers = cut_maps(self.store.row("maps", item.sample), source)[seen].split(1)
        inside = numbers == item.number
        mask = (inside | (labels == IGNORE)) if item.rim else inside
        warm, colour = (cut(self.store.row(name, item.sample), source)[seen] / 255 for name in ("thermal", "rgb"))
        thermal, rgb, maps = (image[place] for image in crop)
        if foreign:
            cooled = item.label in config.heated and dice.chance(COOLED)
            warm = _cooled(warm, mask, thermal, dice) if cooled else warm * math.exp(dice.uniform(-0.5, 0.2))
            colour = _lit(colour, mask, rgb, dice)
        soft = F.avg_pool2d(mask.float(), 3, 1, 1, count_include_pad=False)
        thermal.lerp_(warm.clamp(0, 1), soft)
        rgb.lerp_(colour.clamp(0, 1), soft)
        maps[:1].masked_fill_(mask, IGNORE).masked_fill_(inside, item.label)
        maps[1:].masked_fill_(mask, 0).masked_fill_(inside, number)


def _mean(image: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the pixels of a mask (1, h, w) and all channels of an image (C, h, w)."""
    return (image * mask).sum() / (mask.sum() * len(image)).clamp_min(1)


def _lit(rgb: Tensor, mask: Tensor, covered: Tensor, dice: Dice) -> Tensor:
    """Bring an object to the brightness of what it covers, give or take a factor of two."""
    ratio = (covered.mean() + 4 / 255) / (_mean(rgb, mask) + 4 / 255)
    return rgb * (ratio * math.exp(dice.uniform(-0.5, 0.7))).clamp(0.05, 1.5)


def _cooled(thermal: Tensor, mask: Tensor, covered: Tensor, dice: Dice) -> Tensor:
    """Bring an object to 14 grey levels below to 8 above what it covers, with 6 to 40 % of its contrast."""
    level = covered.mean() + dice.uniform(-14, 8) / 255
    return level + dice.factor(0.06, 0.4) * (thermal - _mean(thermal, mask))


def heat(thermal: Tensor, maps: Tensor, dice: Sequence[Dice], probability: float, classes: Sequence[int]) -> None:
    """Make every labelled object of some classes warmer or colder, by a factor between a half and six; in place.

    A car that stood in the sun shines like a person in the thermal image; few training pairs show one.

    Args:
        thermal: (B, 1, h, w) in 0..1.
        maps: (B, 2, h, w) uint8: labels and numbers of objects.
        dice: of the rows.
        probability: of a row.
        classes: label ids.
    """
    for i in chosen(dice, probability if classes else 0.0):
        factors = torch.tensor([dice[i].factor(math.exp(-0.7), math.exp(1.8)) for _ in range(256)])
        labels, numbers = maps[i]
        wanted = torch.stack([labels == label for label in classes]).any(0)
        change = torch.where(wanted, factors.to(labels.device, non_blocking=True)[numbers.long()], 1.0)
        thermal[i].mul_(F.avg_pool2d(change[None], 3, 1, 1, count_include_pad=False)).clamp_(0, 1)
