# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples that are rendered."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fusion_perception.lab.streets import SceneConfig, SyntheticScene
from fusion_perception.lab.training.samples import Sample

RENDERED_CONDITIONS = ("day", "night", "night", "day", "glare", "night", "day", "fog")
"""Of the rendered streets, in turn; at night the two sensors differ most, by day vans and lorries are seen best."""
FRAMES_OF_A_STREET = 2


def synthetic_samples(
    count: int, seed: int, height: int = 480, width: int = 640, progress: Callable[[int], None] | None = None
) -> list[Sample]:
    """Render ``count`` frames of streets that differ in climate, light and traffic, two frames from each.

    The frames of a street are a group. Their key is the time of day, apart from that of recorded pairs: nothing is
    pasted between the two.

    Args:
        count: number of frames; each takes about a second.
        seed: of the streets.
        height: in pixels.
        width: in pixels.
        progress: called with the number of frames rendered so far.
    """
    samples: list[Sample] = []
    street = 0
    while len(samples) < count:
        rng = np.random.default_rng([seed, street])
        config = SceneConfig(
            height=height,
            width=width,
            condition=RENDERED_CONDITIONS[street % len(RENDERED_CONDITIONS)],
            seed=1000 * seed + street,
            parked_cars=int(rng.integers(4, 25)),
            bikes=int(rng.integers(6, 31)),
            variety=1.0,
        )
        scene = SyntheticScene(config)
        key = f"rendered {'night' if config.dark else 'day'}"
        for i in sorted(rng.choice(300, min(FRAMES_OF_A_STREET, count - len(samples)), replace=False)):
            frame = scene.frame(int(i))
            name = f"{config.condition}{street:04d}_{frame.name}"
            samples.append(Sample(frame.thermal, frame.rgb, frame.labels, True, key, name, f"street{street}"))
            if progress is not None:
                progress(len(samples))
        street += 1
    return samples
