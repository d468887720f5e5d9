# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The picture grid: what every method makes of the same pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def draw_grid(
    evaluator: Evaluator, methods: Mapping[str, Method], indices: Sequence[int], cell_width: int = 240
) -> Image:
    """Run every method on a few pairs and put the results side by side.

    Each pair takes two rows: the fused images, and below them the masks over them; at the left the sensors, and below
    them the labels.

    Args:
        evaluator: reads the pairs.
        methods: name -> method.
        indices: which pairs.
        cell_width: of one picture, in pixels.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    labels = next((m.labels for m in methods.values() if m.labels is not None), None)
    rows: list[list[Image]] = []
    captions = []
    for item in evaluator.items(indices):
        fused: list[Image] = [item.thermal, item.rgb]
        masks: list[Image] = [item.thermal, _truth(item, labels)]
        for method in methods.values():
            output = run_named(method, item, item.thermal, item.rgb)
            picture = output.fused if output.fused.ndim == 3 else np.repeat(output.fused[..., None], 3, -1)
            fused.append(picture)
            masks.append(
                picture
                if output.mask is None or method.labels is None
                else overlay(picture, output.mask, method.labels)
            )
        rows += [fused, masks]
        captions += [f"{item.name}: fused", f"{item.name}: labels (grey: unknown) and masks"]
    return contact_sheet(rows, ["thermal", "RGB", *methods], captions=captions, labels=labels, cell_width=cell_width)


def _truth(item: ImagePair, labels: LabelSet | None) -> Image:
    if item.labels is None or labels is None:
        return item.rgb
    known = np.where(item.labels == IGNORE, 0, item.labels).astype(np.uint8)
    picture = overlay(item.rgb, known, labels) if known.max() < len(labels) else colour_mask(item.labels, labels)
    picture[item.labels == IGNORE] = picture[item.labels == IGNORE] // 2 + 96
    return picture
