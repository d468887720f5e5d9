# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The picture grid: what every method makes of the same pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.evaluation.evaluator import Evaluator, run_named
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.labels import IGNORE, LabelSet
from fusion_perception.render import colour_mask, contact_sheet, overlay

Image = NDArray[np.uint8]


def choose_pairs(times: Sequence[str | None], count: int) -> list[int]:
    """Return indices of pairs evenly spread over the day's and over the night's pairs.

    Args:
        times: time of day of every pair, None where it is not known.
        count: pairs for each time of day.
    """
    chosen = []
    for time in sorted(set(times), key=str):
        members = [i for i, t in enumerate(times) if t == time]
        number = min(count, len(members))
        chosen += [members[(2 * k + 1) * len(members) // (2 * number)] for k in range(number)]
    return chosen


@dataclass(frozen=True)
class PairPictures:
    """What every method makes of one pair.

    Attributes:
        name: of the pair.
        thermal: (H, W) uint8.
        rgb: (H, W, 3) uint8 RGB.
        truth: the labels over RGB, or RGB where there are none.
        fused: method -> (H, W, 3) uint8 RGB.
        masks: method -> its masks over the fused image; the fused image where it has none.
    """

    name: str
    thermal: Image
    rgb: Image
    truth: Image
    fused: dict[str, Image]
    masks: dict[str, Image]


def run_pairs(evaluator: Evaluator, methods: Mapping[str, Method], indices: Sequence[int]) -> list[PairPictures]:
    """Run every method on a few pairs.

    Args:
        evaluator: reads the pairs.
        methods: name -> method.
        indices: which pairs.
    """
    labels = labels_of(methods)
    pairs = []
    for item in evaluator.items(indices):
        fused: dict[str, Image] = {}
        masks: dict[str, Image] = {}
        for name, method in methods.items():
            output = run_named(method, item, item.thermal, item.rgb)
            picture = output.fused if output.fused.ndim == 3 else np.repeat(output.fused[..., None], 3, -1)
            fused[name] = masks[name] = picture
            if output.mask is not None and method.labels is not None:
                masks[name] = overlay(picture, output.mask, method.labels)
        pairs.append(PairPictures(item.name, item.thermal, item.rgb, _truth(item, labels), fused, masks))
    return pairs


def labels_of(methods: Mapping[str, Method]) -> LabelSet | None:
    """Return the classes of the first method that has masks."""
    return next((m.labels for m in methods.values() if m.labels is not None), None)


def draw_grid(pairs: Sequence[PairPictures], labels: LabelSet | None, cell_width: int = 240) -> Image:
    """Put the results of all methods side by side.

    Each pair takes two rows: the fused images, and below them the masks over them; at the left the sensors, and below
    them the labels.

    Args:
        pairs: the results, of one pair at least.
        labels: for the legend.
        cell_width: of one picture, in pixels.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    rows: list[list[Image]] = []
    captions = []
    for pair in pairs:
        rows += [[pair.thermal, pair.rgb, *pair.fused.values()], [pair.thermal, pair.truth, *pair.masks.values()]]
        captions += [f"{pair.name}: fused", f"{pair.name}: labels (grey: unknown) and masks"]
    titles = ["thermal", "RGB", *pairs[0].fused]
    return contact_sheet(rows, titles, captions=captions, labels=labels, cell_width=cell_width)


def _truth(item: ImagePair, labels: LabelSet | None) -> Image:
    if item.labels is None or labels is None:
        return item.rgb
    known = np.where(item.labels == IGNORE, 0, item.labels).astype(np.uint8)
    picture = overlay(item.rgb, known, labels) if known.max() < len(labels) else colour_mask(item.labels, labels)
    picture[item.labels == IGNORE] = picture[item.labels == IGNORE] // 2 + 96
    return picture
