# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How much of the middle of a box is of its class, and how much of a class lies outside of all boxes.

``python -m tools.box_cores DATA`` prints it for the pairs of a training list that have both masks of all classes and
boxes: what ``training.box_labels`` rests on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fusion_perception.errors import FusionPerceptionError
from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.training.box_labels import CORE, RIM, pixels_in
from fusion_perception.lab.training.splits import open_training_set
from fusion_perception.labels import IGNORE, LabelSet

BOX_SET = "fusion"
"""The boxes that ``box_labels`` was measured with."""


@dataclass
class Shares:
    """Pixels of one class that were counted.

    Attributes:
        core: known pixels in the middles of its boxes.
        right: those of them that are of the class.
        all: pixels of the class.
        beyond: those of them that lie in none of its boxes, each made larger by the rim.
    """

    core: int = 0
    right: int = 0
    all: int = 0
    beyond: int = 0


def count(pairs: Iterable[ImagePair], labels: LabelSet, box_set: str = BOX_SET) -> dict[str, Shares]:
    """Count over pairs with masks of all classes; others are passed over.

    Args:
        pairs: with boxes.
        labels: of their masks.
        box_set: which boxes are taken, those that people drew on this kind of image.
    """
    found = {name: Shares() for name in BOX_LABELS if name in labels.names}
    for pair in pairs:
        if pair.labels is None or pair.annotated is not None:
            continue
        height, width = pair.labels.shape
        for name, shares in found.items():
            inside, near = np.zeros(pair.labels.shape, bool), np.zeros(pair.labels.shape, bool)
            for box in (box for box in pair.boxes.get(box_set, ()) if box.label == name):
                inside[pixels_in(box.resized(CORE), height, width)] = True
                near[box.resized(RIM).window(height, width)] = True
            of_class = pair.labels == labels.id_of(name)
            shares.core += int((inside & (pair.labels != IGNORE)).sum())
            shares.right += int((inside & of_class).sum())
            shares.all += int(of_class.sum())
            shares.beyond += int((of_class & ~near).sum())
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each class."""
    parser = argparse.ArgumentParser(prog="python -m tools.box_cores", description=__doc__)
    parser.add_argument("data", help="data set with masks and boxes")
    options = parser.parse_args(arguments)
    try:
        dataset = open_training_set(options.data, None)
    except FusionPerceptionError as error:
        parser.error(str(error))
    pairs = (dataset[i] for i in range(len(dataset)))
    found = count(pairs, dataset.label_set) if dataset.label_set is not None else {}
    if not any(shares.core for shares in found.values()):
        parser.error(f"{options.data}: no pair has a mask of all classes, and boxes of the set '{BOX_SET}' beside it")
    for name, shares in found.items():
        right, beyond = (
            a / b if b else float("nan") for a, b in ((shares.right, shares.core), (shares.beyond, shares.all))
        )
        sys.stdout.write(f"{name}: {right:.1%} of the middles of boxes; {beyond:.1%} of its pixels beyond them\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
