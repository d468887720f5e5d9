# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs of an evaluation one after the other, for the player of its page, and the shares of classes and sensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion_perception.health import MapShares, map_shares
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.evaluation.document import FrameFigures
from fusion_perception.lab.evaluation.evaluator import Evaluator, run_named
from fusion_perception.lab.evaluation.methods import Method, MethodOutput
from fusion_perception.lab.evaluation.report.frames import caption, labels_picture
from fusion_perception.lab.pages.player import Player, evenly, picture_player
from fusion_perception.lab.pages.run_charts import Charts, legend_of, share_charts
from fusion_perception.labels import LabelSet
from fusion_perception.render import heat_map, overlay, tiled
from fusion_perception.types import EngineOutputs

_COLUMNS, _WIDTH = 3, 256  # of the pictures of a pair


@dataclass(frozen=True)
class ShownPairs:
    """What the page shows of single pairs.

    Attributes:
        player: the pairs.
        charts: shares of classes and sensors in them.
        count: how many they are.
        classes: name and colour of those that were seen.
    """

    player: Player
    charts: Charts
    count: int
    classes: Sequence[tuple[str, tuple[int, ...]]] = ()


def show_pairs(evaluator: Evaluator, method: Method, frames: Sequence[FrameFigures]) -> ShownPairs:
    """Run the method again on pairs that are spread evenly over the data set.

    Args:
        evaluator: reads the pairs; there is at least one.
        method: makes the pictures.
        frames: the frames of the evaluation document, for the names.

    Raises:
        DataError: a pair cannot be read.
    """
    chosen = evenly(evaluator.count)
    pictures: list[NDArray[np.uint8]] = []
    timed: list[tuple[float, MapShares]] = []
    names: list[str] = []
    for i, item in zip(chosen, evaluator.items(chosen), strict=True):
        output = run_named(method, item, item.thermal, item.rgb, attribution=method.labels is not None)
        pictures.append(tiled(_tiles(item, output, method.labels), _COLUMNS, _WIDTH))
        names.append(caption(frames[i], item.kind))
        if method.labels is not None and output.mask is not None:
            timed.append((i + 0.5, _shares(output, output.mask, method.labels)))
    places = [i + 0.5 for i in chosen]
    charts, classes = Charts(), []
    if method.labels is not None:
        classes = legend_of(method.labels.names, method.labels.palette, (shares for _, shares in timed))
        charts = share_charts(method.labels.names, timed, float(evaluator.count), across="number of the pair")
    return ShownPairs(picture_player(pictures, names, places), charts, len(chosen), classes)


def _tiles(item: ImagePair, output: MethodOutput, labels: LabelSet | None) -> list[tuple[str, NDArray[np.uint8]]]:
    tiles: list[tuple[str, NDArray[np.uint8]]] = [("thermal", item.thermal), ("RGB", item.rgb), ("fused", output.fused)]
    if labels is None or output.mask is None:
        return tiles
    fused = output.fused if output.fused.ndim == 3 else np.repeat(output.fused[..., None], 3, axis=2)
    tiles.append(("classes", overlay(fused, output.mask, labels)))
    if item.labels is not None:
        tiles.append(("labels", labels_picture(item.labels, labels)))
    if output.attribution is not None:
        tiles.append(("blue RGB, red thermal", heat_map(output.attribution)))
    return tiles


def _shares(output: MethodOutput, mask: NDArray[np.uint8], labels: LabelSet) -> MapShares:
    further = {} if output.needed is None else {"needed": output.needed}
    confidence = mask if output.confidence is None else output.confidence
    return map_shares(EngineOutputs(output.fused, mask, confidence, output.attribution, further), labels)
