# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that is measured of an attribution."""

from __future__ import annotations

from collections.abc import Callable

from fusion_perception.engine.metadata import SHAPLEY
from fusion_perception.lab.evaluation.attribution_corruption import measure_corruption
from fusion_perception.lab.evaluation.attribution_occlusion import measure_occlusion
from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe
from fusion_perception.lab.evaluation.document import AttributionCheck
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick
from fusion_perception.lab.evaluation.faithfulness import measure_faithfulness
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.shapley_check import measure_shapley


def check_attribution(
    evaluator: Evaluator,
    method: Method,
    probe: AttributionProbe | None,
    pairs: int,
    tick: Tick | None = None,
    stage: Callable[[str], None] | None = None,
) -> AttributionCheck:
    """Measure the attribution of a method.

    Args:
        evaluator: reads the pairs.
        method: what to run; it must run here.
        probe: looks into its graph; None where that cannot be.
        pairs: how many pairs are occluded and looked into, evenly spaced; 0 for all.
        tick: progress over the pairs.
        stage: told what is next.
    """

    def begin(name: str) -> None:
        if stage:
            stage(name)

    begin("attribution")
    agreement = evaluator.sensor_agreement(method, tick)
    occlusion = corruption = None
    if agreement is not None:
        begin("occlusion")
        occlusion = measure_occlusion(evaluator, method, pairs, tick)
        begin("corruption")
        corruption = measure_corruption(evaluator, method, tick)
    faithfulness = shapley = None
    if probe is not None:
        begin("graph")
        if probe.method == SHAPLEY:
            shapley = measure_shapley(evaluator, probe, pairs, tick)
        else:
            faithfulness = measure_faithfulness(evaluator, probe, pairs, tick)
    return AttributionCheck(agreement, faithfulness, shapley, occlusion, corruption)
