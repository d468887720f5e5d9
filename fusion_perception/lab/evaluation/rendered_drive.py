# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Stability on rendered video, where the true motion of every pixel is known."""

from __future__ import annotations

from collections.abc import Sequence

from fusion_perception.lab.evaluation.evaluator import Tick
from fusion_perception.lab.evaluation.known_motion import true_motion
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.lab.evaluation.stability_figures import DriveFigures, RenderedFigures
from fusion_perception.lab.evaluation.temporal import TemporalScore
from fusion_perception.lab.streets import SceneConfig, SyntheticFrame, SyntheticScene

FRAMES = 10
"""Frames of one drive."""
RATE_HZ = 10.0
SPEED = 5.0
"""Speed of the cameras in m/s, where they move."""
SEED = 20_261
"""Draws the street."""
DRIVES = (
    ("day, standing", "day", 0.0),
    ("day, driving", "day", SPEED),
    ("night, standing", "night", 0.0),
    ("night, driving", "night", SPEED),
)
"""Name, condition and speed of each drive."""


def measure_drives(
    method: Method,
    *,
    frames: int = FRAMES,
    size: tuple[int, int] = (480, 640),
    drives: Sequence[tuple[str, str, float]] = DRIVES,
    tick: Tick | None = None,
) -> RenderedFigures:
    """Run a method over rendered streets and judge it along the true motion.

    Each drive is one :class:`TemporalScore`: consistency, flicker and pumping over the pixels of which the
    counterpart in the frame before is known and has the same true class (``true_motion``), so that true
    labels would reach a consistency of 1 and a flicker of 0. What stands is followed exactly; a walker is
    compared where he still covers the same place.

    Args:
        method: what to run; it must run here.
        frames: of each drive, 2 or more.
        size: height and width in pixels.
        drives: name, condition and speed of each.
        tick: progress.
    """
    rows = []
    for number, (name, condition, speed) in enumerate(drives):
        scene = SyntheticScene(SceneConfig(*size, condition=condition, speed=speed, seed=SEED))
        score = TemporalScore(method.labels)
        before: SyntheticFrame | None = None
        for i in range(frames):
            frame = scene.frame(i, 1 / RATE_HZ)
            motion = true_motion(before, frame) if before is not None else None
            output = method.run(frame.name, frame.thermal, frame.rgb)
            score.update(frame.thermal, frame.rgb, output.fused, output.mask, motion)
            before = frame
            if tick:
                tick(number * frames + i + 1, len(drives) * frames)
        rows.append(DriveFigures(name, score.summary()))
    return RenderedFigures(frames, RATE_HZ, SPEED, tuple(rows))
