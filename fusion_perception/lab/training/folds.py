# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Folds of a training list for cross-validation: whole stretches of the recording.

The rule, in which nothing is random:

1. The pairs of each time of day (``Sample.key``), in order of name, which is that of the recording, are cut into
   stretches: wherever the recording was cut (``find_cuts``), and between, so that about ``STRETCHES`` of them, of about
   equal length, come to a fold.
2. Stretches are dealt to the folds in turn. Then two stretches of one time of day change places, or one moves, as long
   as that makes the folds more alike, what helps most first. Alike means, by each time of day: in the number of pairs,
   of pairs of which every class is annotated, and of objects of each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.lab.evaluation.cuts import find_cuts
from fusion_perception.lab.training.samples import Sample

MOST = 20
"""Largest number of folds."""
STRETCHES = 2
"""Stretches of one time of day in a fold. More would make folds more alike, and have more neighbours in two folds."""

_GAIN = 1e-9


@dataclass(frozen=True)
class Fold:
    """One of several folds of a training list; it is written ``NUMBER/COUNT``.

    Attributes:
        number: from 1.
        count: of folds.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 2 <= self.count <= MOST or not 1 <= self.number <= self.count:
            raise DataError(f"fold {self}; allowed: 1/N to N/N, N from 2 to {MOST}")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def read(cls, text: str) -> Fold:
        """Read ``2/5``; DataError for any other text."""
        number, slash, count = text.partition("/")
        if not slash or not all(part.isdecimal() and len(part) <= len(str(MOST)) for part in (number, count)):
            raise DataError(f"fold '{text}'; allowed: 1/N to N/N, N from 2 to {MOST}")
        return cls(int(number), int(count))


def assign_folds(samples: Sequence[Sample], count: int, objects: Sequence[int]) -> tuple[int, ...]:
    """Return the fold of each sample, 1 to ``count``.

    Args:
        samples: of a training list, in order of recording.
        count: number of folds, 2 or more.
        objects: ids of the classes whose objects are balanced.

    Raises:
        DataError: there are fewer samples of a time of day than folds.
    """
    keys = sorted({sample.key for sample in samples})
    stretches: list[list[int]] = []
    folds: list[int] = []
    for key in keys:
        members = [i for i, sample in enumerate(samples) if sample.key == key]
        if len(members) < count:
            raise DataError(f"{len(members)} pairs of '{key}' cannot be in {count} folds; allowed: 2 to {len(members)}")
        found = cut(members, [samples[i].name for i in members], count)
        folds += [number % count for number in range(len(found))]
        stretches += found
    counts = [_counts(sample, keys, objects) for sample in samples]
    contents = np.array([np.sum([counts[i] for i in stretch], axis=0) for stretch in stretches])
    order = _even_out(contents, folds, [samples[stretch[0]].key for stretch in stretches], count)
    fold_of = {i: fold + 1 for stretch, fold in zip(stretches, order, strict=True) for i in stretch}
    return tuple(fold_of[i] for i in range(len(samples)))


def leave_out(samples: Sequence[Sample], fold: Fold, objects: Sequence[int]) -> tuple[list[Sample], list[Sample]]:
    """Return (those of all other folds, those of ``fold``); see ``assign_folds``."""
    placed = list(zip(samples, assign_folds(samples, fold.count, objects), strict=True))
    return (
        [sample for sample, number in placed if number != fold.number],
        [sample for sample, number in placed if number == fold.number],
    )


def cut(members: Sequence[int], names: Sequence[str], count: int) -> list[list[int]]:
    """Cut members of one time of day into stretches of neighbours, ``count`` or more.

    Args:
        members: as many as ``count`` or more, in order.
        names: of the members.
        count: number of folds.
    """
    length = max(1.0, len(members) / (STRETCHES * count))
    cuts = sorted(find_cuts(names))
    runs = [list(members[a:b]) for a, b in zip([0, *cuts], [*cuts, len(members)], strict=True)]
    pieces = [piece for run in runs for piece in _parts(run, max(1, round(len(run) / length)))]
    while len(pieces) < count:
        longest = max(range(len(pieces)), key=lambda i: len(pieces[i]))
        pieces[longest : longest + 1] = _parts(pieces[longest], 2)
    return pieces


def _parts(run: list[int], number: int) -> list[list[int]]:
    edges = [round(k * len(run) / number) for k in range(number + 1)]
    return [run[a:b] for a, b in pairwise(edges)]


def _counts(sample: Sample, keys: Sequence[str], objects: Sequence[int]) -> NDArray[np.float64]:
    """What is balanced, of one sample: (keys * (2 + objects),)."""
    values = np.zeros((len(keys), 2 + len(objects)))
    regions = [cv2.connectedComponents((sample.labels == i).astype(np.uint8))[0] - 1 for i in objects]
    values[keys.index(sample.key)] = [1, sample.complete, *regions]
    return values.reshape(-1)


def _even_out(contents: NDArray[np.float64], folds: list[int], keys: Sequence[str], count: int) -> list[int]:
    """Move and exchange stretches for as long as the folds become more alike.

    Args:
        contents: (stretches, figures) of each stretch.
        folds: of each stretch, 0 to ``count`` - 1, to begin with.
        keys: time of day of each stretch; every fold keeps one of each.
        count: number of folds.
    """
    mean = contents.sum(axis=0) / count

    def unlikeness(placed: list[int]) -> float:
        sums = np.zeros((count, contents.shape[1]))
        np.add.at(sums, placed, contents)
        return float((((sums - mean) / (mean + 1)) ** 2).sum())

    best = unlikeness(folds)
    while True:
        tried: list[list[int]] = []
        for i in range(len(folds)):
            alike = [j for j in range(len(folds)) if keys[j] == keys[i]]
            for j in (j for j in alike if j > i and folds[j] != folds[i]):
                swapped = list(folds)
                swapped[i], swapped[j] = folds[j], folds[i]
                tried.append(swapped)
            if sum(folds[j] == folds[i] for j in alike) > 1:
                tried += [[*folds[:i], fold, *folds[i + 1 :]] for fold in range(count) if fold != folds[i]]
        scored = [(unlikeness(placed), number) for number, placed in enumerate(tried)]
        if not scored or min(scored)[0] >= best - _GAIN:
            return folds
        best, number = min(scored)
        folds = tried[number]
