# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which pairs are trained on, which are held out for validation, and which must not be used (``val``, ``test``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.recogniser import recognise
from fusion_perception.lab.training.samples import Sample

_RESERVED = ("val", "test", "align_validation")
_TRAINING = ("train", "align_train")
_SHOWN = 3


def open_training_set(root: str | Path, split: str | Path | None, *, with_labels: bool = True) -> PairDataset:
    """Open a data set to train on, after checking that it holds nothing reserved for evaluation.

    Args:
        root: folder of the data set, in any layout of ``data.layouts``.
        split: what the user asked for; None takes the split ``train`` where there is one.
        with_labels: read masks and annotations where there are any.

    Raises:
        DataError: it is the folder ``val`` or ``test`` of the data set, the list shares names with ``val.txt`` or
            ``test.txt``, or there is no training list although there are reserved ones.
    """
    found = recognise(Path(root))
    if found.layout.by_folder:
        wanted = split if split is not None else found.split or "train"
        if str(wanted) in _RESERVED:
            raise DataError(f"{root}: split '{wanted}' is for evaluation; train on another one, or leave --split out")
        return PairDataset(root, wanted, with_labels=with_labels)
    if split is None:
        split = next((name for name in _TRAINING if (found.root / f"{name}.txt").is_file()), None)
    dataset = PairDataset(root, split, with_labels=with_labels)
    for name in _RESERVED:
        path = dataset.root / f"{name}.txt"
        shared = sorted(dataset.names_in(path)) if path.is_file() else []
        if shared:
            raise DataError(
                f"the training list shares {len(shared)} names with {path} ({', '.join(shared[:_SHOWN])}, ...); "
                "give a list without them with --split"
            )
    return dataset


def hold_out(samples: Sequence[Sample], share: float = 0.1, stretches: int = 2) -> tuple[list[Sample], list[Sample]]:
    """Split samples into a training and a validation part by whole stretches of the recording.

    Neighbouring frames of a drive look alike, so single frames held out at random would not tell how the
    network does on new scenes. Each group of samples with one key (day, night) gives ``stretches``
    stretches, evenly spaced.

    Args:
        samples: in order of recording.
        share: of each group that is held out, 0..1; at least one sample of a group of two or more.
        stretches: number of stretches per group.

    Returns:
        (training, validation), both in order.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for i, sample in enumerate(samples):
        groups[sample.key].append(i)
    chosen: set[int] = set()
    for members in groups.values():
        count = max(1, round(share * len(members))) if len(members) > 1 and share > 0 else 0
        pieces = min(stretches, count)
        for k in range(pieces):
            length = count // pieces + (k < count % pieces)
            start = round((k + 0.5) * len(members) / pieces - length / 2)
            chosen.update(members[max(0, start) : max(0, start) + length])
    if samples and not chosen and len(samples) > 1 and share > 0:
        chosen = {len(samples) // 2}
    return (
        [s for i, s in enumerate(samples) if i not in chosen],
        [s for i, s in enumerate(samples) if i in chosen],
    )


def hold_out_groups(samples: Sequence[Sample], share: float = 0.15) -> tuple[list[Sample], list[Sample]]:
    """Split samples into a training and a validation part by whole groups, evenly spaced.

    Args:
        samples: with a ``group`` each, such as the street that a frame was rendered of.
        share: of the groups that is held out, 0..1; at least one of two or more.

    Returns:
        (training, validation), both in order; no group is in both.
    """
    groups = list(dict.fromkeys(sample.group for sample in samples))
    count = max(1, round(share * len(groups))) if len(groups) > 1 and share > 0 else 0
    chosen = {groups[(2 * k + 1) * len(groups) // (2 * count)] for k in range(count)}
    return [s for s in samples if s.group not in chosen], [s for s in samples if s.group in chosen]


def halves(samples: Sequence[Sample], share: float = 0.5) -> tuple[list[Sample], list[Sample]]:
    """Split for two-level problems into alternating stretches: (lower, upper), ``share`` of them upper."""
    period = 20
    upper = round(period * share)
    return (
        [s for i, s in enumerate(samples) if i % period >= upper] or list(samples),
        [s for i, s in enumerate(samples) if i % period < upper] or list(samples),
    )
