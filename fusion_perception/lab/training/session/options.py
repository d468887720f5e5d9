# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the user may choose about a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fusion_perception.lab.training.choices import HELD_OUT
from fusion_perception.lab.training.folds import Fold


@dataclass(frozen=True)
class SessionOptions:
    """What to train on, for how long, and where results go.

    Attributes:
        out: output folder.
        data: folder of a data set, or None for rendered scenes alone.
        split: its training list; None takes ``train`` where there is one.
        budget: ``"smoke"``, ``"cpu"`` or ``"paper"``.
        steps: steps of all stages together, or None for the budget's.
        seed: of everything random.
        resume: continue from what ``out`` holds.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        threads: CPU threads, or None for PyTorch's choice.
        precision: ``"auto"``, ``"fp32"`` or ``"bf16"``.
        faithful: reproduce the quirks of the released code.
        synthetic: number of rendered frames, or None for the budget's.
        pretext: folders of further fusion tasks (TIM).
        latency: ``result.json`` of an earlier search whose latencies are used again (TIM).
        labels: name of the label set, or None for that of the data.
        without: parts of the augmentation to leave out, see ``augmentation.config.PARTS``.
        init: checkpoints to start from, of several the mean of their weights; each network of the recipe that has the
            same weights takes them over.
        only: names of the stages to run, or None for all.
        teachers: checkpoints that give pairs without labels theirs; of several, the mean of their probabilities.
        fold: of the labelled pairs, which is kept for validation, whole and instead of ``held_out``.
        deterministic: the same seed and device give the same weights.
        compile: run the networks through ``torch.compile``.
        held_out: share of the labelled pairs kept for validation, 0..0.5; 0: all are trained on, and the last weights
            count as the best.
        unlabelled: folders of pairs without labels, or of sequences of such, to learn from beside the data set.
        marks: file of boxes that say where objects may be in recordings without labels.
    """

    out: Path
    data: Path | None = None
    split: str | None = None
    budget: str = "cpu"
    steps: int | None = None
    seed: int = 0
    resume: bool = False
    device: str = "auto"
    threads: int | None = None
    precision: str = "auto"
    faithful: bool = False
    synthetic: int | None = None
    pretext: tuple[Path, ...] = ()
    latency: Path | None = None
    labels: str | None = None
    without: tuple[str, ...] = ()
    init: tuple[Path, ...] = ()
    only: tuple[str, ...] | None = None
    teachers: tuple[Path, ...] = ()
    held_out: float = HELD_OUT
    unlabelled: tuple[Path, ...] = ()
    marks: Path | None = None
    fold: Fold | None = None
    deterministic: bool = False
    compile: bool = False
