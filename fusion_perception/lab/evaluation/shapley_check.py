# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Are the evidences of a deployed graph the Shapley values of its two sensors?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.evaluation.attribution_figures import ShapleyFigures
from fusion_perception.lab.evaluation.attribution_metrics import Float
from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick
from fusion_perception.lab.evaluation.faithfulness import choose
from fusion_perception.lab.evaluation.sanity_check import SEEDS, SanityCheck
from fusion_perception.resize import resize

LIMIT = 0.3
"""Highest mean absolute rank correlation with the maps of random networks that passes."""


class ShapleyCheck:
    """Errors of the values over any number of pairs, on the object pixels, and the check by random weights.

    The graph's own values are held against four runs of the same graph, with black images for sensors that are not
    asked, and the definition in double precision.

    - *efficiency error*: mean |phi_T + phi_R - (v(TR) - v(0))|, as a share of the mean |v(TR) - v(0)|.
    - *value error*: mean difference of a value to its definition, as a share of the mean absolute value.

    Args:
        probe: the model, whose attribution are Shapley values.
        seeds: one random network each.
    """

    def __init__(self, probe: AttributionProbe, seeds: Sequence[int] = SEEDS) -> None:
        self._probe = probe
        self._sanity = SanityCheck(probe, LIMIT, seeds)
        self._count = 0
        self._errors = np.zeros(2)  # of efficiency and of the values, summed over pixels
        self._sizes = np.zeros(2)

    def update(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> None:
        """Add one pair: (H, W) and (H, W, 3) uint8, of any size."""
        size = (self._probe.metadata.height, self._probe.metadata.width)
        thermal, rgb = resize(thermal, size), resize(rgb, size)
        rng, self._count = np.random.default_rng(self._count), self._count + 1
        explanation = self._probe.explain(thermal, rgb)
        self._sanity.update(explanation, thermal, rgb, rng)
        no_thermal, no_rgb = np.zeros_like(thermal), np.zeros_like(rgb)
        decided = explanation.logits.argmax(0)

        def log_probability(logits: NDArray[np.float32]) -> Float:
            """Of the decided class, (h, w)."""
            wide = logits.astype(np.float64)
            shifted = wide - wide.max(0)
            chosen = np.take_along_axis(shifted, decided[None], 0)[0]
            return np.asarray(chosen - np.log(np.exp(shifted).sum(0)))

        both = log_probability(explanation.logits)
        by_thermal, by_rgb, neither = (
            log_probability(self._probe.logits(*images))
            for images in ((thermal, no_rgb), (no_thermal, rgb), (no_thermal, no_rgb))
        )
        values = [((by_thermal - neither) + (both - by_rgb)) / 2, ((by_rgb - neither) + (both - by_thermal)) / 2]
        step = explanation.share.shape[0] // decided.shape[0]
        found = [signed[::step, ::step].astype(np.float64) for signed in (explanation.thermal, explanation.rgb)]
        objects = decided != 0
        gain = both - neither
        self._errors += [
            np.abs(found[0] + found[1] - gain)[objects].sum(),
            sum(np.abs(f - v)[objects].sum() for f, v in zip(found, values, strict=True)),
        ]
        self._sizes += [np.abs(gain)[objects].sum(), sum(np.abs(v)[objects].sum() for v in values)]

    def summary(self) -> ShapleyFigures:
        """Return the figures; None stands for "cannot be said"."""
        efficiency, value = (
            float(error / size) if size else None for error, size in zip(self._errors, self._sizes, strict=True)
        )
        return ShapleyFigures(self._count, efficiency, value, self._sanity.summary())


def measure_shapley(
    evaluator: Evaluator, probe: AttributionProbe, pairs: int = 0, tick: Tick | None = None
) -> ShapleyFigures:
    """Return the figures of :class:`ShapleyCheck` on a data set; arguments as of ``measure_faithfulness``."""
    score = ShapleyCheck(probe)
    chosen = choose(evaluator.count, pairs)
    for done, item in enumerate(evaluator.items(chosen)):
        score.update(item.thermal, item.rgb)
        if tick:
            tick(done + 1, len(chosen))
    return score.summary()
