# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a failing camera still says by itself where the attribution does not leave it.

``python -m tools.failing_alone MODEL DIR...`` prints, for every failure that leaves something of a picture, in how many
pairs the share leaves the camera, as ``evaluate --attribution`` counts it, and how many of the decisions that stand the
failing camera would make alone: in the pairs where it is left, and in the others. Where that is much, naming the camera
is right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine import Engine, open_engine
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.image_pair import time_of_day
from fusion_perception.lab.evaluation.attribution_corruption import MIN_PIXELS, NOT_NAMED
from fusion_perception.lab.evaluation.failures import FAILED_SENSORS, FROZEN, FailedSensor, earlier_pair
from fusion_perception.model_store import find_model
from fusion_perception.types import EngineOutputs

CHOSEN = tuple(failed for failed in FAILED_SENSORS if failed.failure.name in ("frozen", "heavy blur", "overexposed"))
"""Failures after which something can still be seen."""

Read = Callable[[int], tuple[NDArray[np.uint8], NDArray[np.uint8]]]
"""Number of a pair -> its images, of the size of the model."""

_NEEDED = {"thermal": 2, "rgb": 1}
"""Bit of the map ``needed`` that is set where a camera alone would decide otherwise: the other one is needed."""


@dataclass
class Pairs:
    """What was found under one failure; a value for each pair.

    Attributes:
        leaves: whether the share leaves the failing camera.
        alone: part of the decisions that stand which the failing camera would make alone.
    """

    leaves: list[bool] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)


def own_share(outputs: EngineOutputs, failed: FailedSensor) -> NDArray[np.float64]:
    """Return (H, W) the share 0..1 of the camera that fails."""
    assert outputs.attribution is not None  # noqa: S101 - `main` has looked
    thermal = np.minimum(outputs.attribution / 256, 1)
    return thermal if failed.sensor == "thermal" else 1 - thermal


def examine(engine: Engine, read: Read, times: Sequence[str | None]) -> dict[str, Pairs]:
    """Run pairs as they are, and under every failure of ``CHOSEN``.

    Args:
        engine: a model with ``needed``.
        read: reads them.
        times: time of day of each; a frozen camera shows one of the same time.
    """
    rng = np.random.default_rng(0)
    found = {failed.name: Pairs() for failed in CHOSEN}
    for i in range(len(times)):
        thermal, rgb = read(i)
        clean = engine.infer(thermal, rgb, attribution=True)
        other = earlier_pair(times, i)
        for failed in CHOSEN:
            if failed.failure is FROZEN and other is None:
                continue
            now = engine.infer(*failed.apply(thermal, rgb, rng, partial(read, other or 0)), attribution=True)
            stands = (clean.mask != 0) & (now.mask == clean.mask)
            if stands.sum() < MIN_PIXELS:
                continue
            before, after = (float(own_share(outputs, failed)[stands].mean()) for outputs in (clean, now))
            found[failed.name].leaves.append(after < before or after <= NOT_NAMED)
            alone = now.further["needed"][stands] & _NEEDED[failed.sensor] == 0
            found[failed.name].alone.append(float(alone.mean()))
    return found


def table(found: dict[str, Pairs]) -> str:
    """Return a table in Markdown."""
    lines = [
        "| failure | pairs | leaves it | the failing camera alone decides the same, where left | where not left |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, pairs in found.items():
        leaves, alone = np.array(pairs.leaves, bool), np.array(pairs.alone)
        share = f"{leaves.mean():.0%}" if leaves.size else "–"
        cells = [f"{alone[chosen].mean():.0%}" if chosen.any() else "–" for chosen in (leaves, ~leaves)]
        lines.append(f"| {name} | {leaves.size} | {share} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table for all folders together."""
    parser = argparse.ArgumentParser(prog="python -m tools.failing_alone", description=__doc__)
    parser.add_argument("model", help="name of a shipped model, or its file")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="pairs of the size of the model")
    parser.add_argument("--split", help="part of them, as for evaluate")
    options = parser.parse_args(arguments)
    try:
        engine = open_engine(find_model(options.model), attribution_method="shapley")
    except FusionPerceptionError as error:
        parser.error(str(error))
    try:
        sets = [PairDataset(folder, options.split, with_labels=False) for folder in options.folders]
        places = [(dataset, i) for dataset in sets for i in range(len(dataset))]

        def read(number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            dataset, i = places[number]
            return dataset[i].thermal, dataset[i].rgb

        times = [time_of_day(dataset.names[i]) for dataset, i in places]
        sys.stdout.write(table(examine(engine, read, times)) + "\n")
    except FusionPerceptionError as error:
        parser.error(str(error))
    finally:
        engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
