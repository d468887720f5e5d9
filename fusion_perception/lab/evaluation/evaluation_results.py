# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What was measured of one method on one data set."""

from __future__ import annotations

from dataclasses import dataclass, field

from fusion_perception.lab.evaluation.figures import FusionMeans
from fusion_perception.lab.evaluation.fusion_metrics import mean_metrics
from fusion_perception.lab.evaluation.segmentation_metrics import ALL, SplitScores, in_order, number
from fusion_perception.lab.evaluation.temporal import TemporalScore


@dataclass
class FrameResult:
    """Figures of one pair.

    Attributes:
        name: name of the pair.
        time: ``"day"``, ``"night"`` or None.
        fusion: key -> value, see ``FUSION_METRICS``.
        object_iou: mean IoU over person, bike and car, as far as the labels have them; None without.
        boxes: number of boxes, and of matched ones; None without.
    """

    name: str
    time: str | None
    fusion: dict[str, float] = field(default_factory=dict)
    object_iou: float | None = None
    boxes: tuple[int, int] | None = None


@dataclass
class Evaluation:
    """Everything that was measured of one method on one data set.

    Attributes:
        frames: one row per pair, in order.
        scores: masks and boxes, or None for a method without masks.
        temporal: stability from frame to frame.
        notes: what was left out, and why.
        engine_ms: engine time of every pair, empty for a method that did not run here.
        fusion_ms: mean time per pair that the fusion metrics took, on one thread.
    """

    frames: list[FrameResult] = field(default_factory=list)
    scores: SplitScores | None = None
    temporal: TemporalScore | None = None
    notes: list[str] = field(default_factory=list)
    engine_ms: list[float] = field(default_factory=list)
    fusion_ms: float = 0.0

    def fusion_means(self) -> FusionMeans:
        """Return split -> key -> mean over its pairs; empty where they were not measured."""
        if not any(frame.fusion for frame in self.frames):
            return {}
        splits: dict[str, list[dict[str, float]]] = {ALL: []}
        for frame in self.frames:
            splits[ALL].append(frame.fusion)
            if frame.time:
                splits.setdefault(frame.time, []).append(frame.fusion)
        return {
            split: {key: number(value) for key, value in mean_metrics(splits[split]).items()}
            for split in in_order(splits)
        }
