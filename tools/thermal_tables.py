# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of docs/node.md: what gain control keeps of a thermal image, and which cameras are taken for broken.

``python -m tools.thermal_tables docs/node.md --data MSRS --images DIR...`` judges the shipped ``realtime`` on the pairs
that its training held out, with thermal images as a camera of 16 bits sends them, and looks at every image of the
folders as the node does.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine import Engine, open_engine
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.health.camera_health import without_margins
from fusion_perception.health.picture import FAULTS, faults_of
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.lab.training.losses.segmentation import object_ids
from fusion_perception.lab.training.samples import Sample, load_samples
from fusion_perception.lab.training.splits import hold_out, open_training_set
from fusion_perception.model_store import find_model
from fusion_perception.preprocess.gain_control import GainControl
from tools.marked_tables import with_tables

Image = NDArray[np.uint8]
Counts = NDArray[np.uint16]

CASES = {
    "as": "the thermal image itself, 8 bit",
    "counts": "as 16-bit counts with noise",
    "jump": "the first frame after a jump of the level, by 1 and by 7 times the span of the scene",
    "missing": "closed shutter, as the node takes it: no thermal image",
    "stretched": "closed shutter, its noise stretched over all grey levels",
}
"""What arrives in place of a thermal image, in words."""

_LEVEL, _STEP, _NOISE = 7000, 6, 5.0
"""Counts of black, counts a grey level, and standard deviation of the noise: an uncooled camera of 14 bits."""
_BEFORE = 5
"""Frames that gain control has seen before the one that is judged."""

_OF_ONE_PICTURE = tuple(fault for fault in FAULTS if fault != "frozen")

Judged = Mapping[tuple[str, str], ConfusionMatrix]
"""(time of day, case) -> counts of pixels."""


def as_counts(thermal: Image, level: float, rng: np.random.Generator) -> Counts:
    """Return (H, W) uint8 as a camera of 16 bits would send it, black at ``level``."""
    counts = level + _STEP * thermal.astype(np.float64) + rng.normal(0, _NOISE, thermal.shape)
    return np.asarray(np.clip(np.rint(counts), 0, 65535), np.uint16)


def arriving(thermal: Image, rng: np.random.Generator) -> dict[str, list[Image]]:
    """Return what the model gets in every case, which for a jump is two images.

    Args:
        thermal: (H, W) uint8.
        rng: draws the noise.
    """
    span = _STEP * int(np.ptp(thermal))
    shutter = rng.normal(0, 1, thermal.shape)
    low, high = np.percentile(shutter, (0.5, 99.5))
    jumps = (_after(thermal, _LEVEL, _LEVEL + jump * span, rng) for jump in (1, 7))
    return {
        "as": [thermal],
        "counts": [_after(thermal, _LEVEL, _LEVEL, rng)],
        "jump": list(jumps),
        "missing": [np.zeros_like(thermal)],
        "stretched": [np.asarray(np.clip((shutter - low) / (high - low) * 255, 0, 255), np.uint8)],
    }


def _after(thermal: Image, before: float, now: float, rng: np.random.Generator) -> Image:
    """Return the 8-bit image of a frame at level ``now`` after frames at level ``before``."""
    gain = GainControl()
    for _ in range(_BEFORE):
        gain(as_counts(thermal, before, rng))
    return gain(as_counts(thermal, now, rng))


def judge(engine: Engine, samples: Sequence[Sample]) -> Judged:
    """Count what a model says of samples in every case of ``CASES``."""
    labels = engine.info.metadata.labels
    known = (0, *object_ids(labels))
    rng = np.random.default_rng(0)
    found: dict[tuple[str, str], ConfusionMatrix] = {}
    for sample in samples:
        for case, images in arriving(sample.thermal, rng).items():
            matrix = found.setdefault((sample.key, case), ConfusionMatrix(labels))
            for image in images:
                matrix.update(engine.infer(image, sample.rgb).mask, sample.labels, None if sample.complete else known)
    return found


def gain_table(judged: Judged) -> str:
    """Return the table of the IoU of people in every case."""
    times = sorted({time for time, _ in judged})
    lines = ["| what arrives | " + " | ".join(times) + " |", "|---|" + "---:|" * len(times)]
    for case, words in CASES.items():
        cells = [judged[time, case] for time in times]
        lines.append(f"| {words} | " + " | ".join(f"{m.iou[m.labels.names.index('person')]:.2f}" for m in cells) + " |")
    return "\n".join(lines)


def images_of(folder: Path) -> Iterator[NDArray[np.generic]]:
    """Yield the thermal and the RGB image of every pair of a folder."""
    dataset = PairDataset(folder, None, with_labels=False)
    for i in range(len(dataset)):
        pair = dataset[i]
        yield pair.thermal
        yield pair.rgb


def health_table(folders: Sequence[Path]) -> str:
    """Return the table of how many images are taken for those of a broken camera."""
    lines = [
        "| images | " + " | ".join(("number", *_OF_ONE_PICTURE)) + " |",
        "|---|---:|" + "---:|" * len(_OF_ONE_PICTURE),
    ]
    for folder in folders:
        number, faults = 0, Counter[str]()
        for image in images_of(folder):
            number += 1
            faults.update(faults_of(without_margins(image)))
        lines.append(f"| {folder.name} | {number} | " + " | ".join(str(faults[f]) for f in _OF_ONE_PICTURE) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the document up to date."""
    parser = argparse.ArgumentParser(prog="python -m tools.thermal_tables", description=__doc__)
    parser.add_argument("document", type=Path)
    parser.add_argument(
        "--data", required=True, help="labelled pairs, of whose training list the held-out part is taken"
    )
    parser.add_argument("--images", required=True, nargs="+", type=Path, metavar="DIR", help="folders of pairs")
    parser.add_argument("--model", default="realtime")
    options = parser.parse_args(arguments)
    try:
        _, held_out = hold_out(load_samples(open_training_set(options.data, None)))
        engine = open_engine(find_model(options.model))
    except FusionPerceptionError as error:
        parser.error(str(error))
    try:
        tables = {"gain": gain_table(judge(engine, held_out)), "health": health_table(options.images)}
    except FusionPerceptionError as error:
        parser.error(str(error))
    finally:
        engine.close()
    text = options.document.read_text(encoding="utf-8")
    options.document.write_text(with_tables(text, "thermal", tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
