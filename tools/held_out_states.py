# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How segmenters of two streams do on the pairs that their training held out: each sensor alone, and one that fails.

``python -m tools.held_out_states DATA CHECKPOINT...`` prints a table for each checkpoint. It is for choosing between
trainings without looking at a list that is kept for the end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.evaluation.failures import Image, overexposed, uniform_noise
from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.lab.nets.system import System, load_system
from fusion_perception.lab.training.losses.segmentation import object_ids
from fusion_perception.lab.training.samples import Sample, load_samples
from fusion_perception.lab.training.splits import hold_out, open_training_set

CASES = ("both", "T", "R", "T noise", "R noise", "T overexposed", "R overexposed", "T inverted")
"""Both sensors, thermal alone, RGB alone, and both of which one sends something else."""

Judged = Mapping[tuple[str, str], ConfusionMatrix]
"""(time of day, case) -> counts."""


def judge(system: System, samples: Sequence[Sample]) -> Judged:
    """Count what a system says of samples in every case.

    Args:
        system: whose segmenter has ``states``.
        samples: with labels.
    """
    system.eval()
    found: dict[tuple[str, str], ConfusionMatrix] = {}
    known = (0, *object_ids(system.labels))
    rng = np.random.default_rng(0)
    for sample in samples:
        for case, logits in zip(CASES, _answers(system, sample.thermal, sample.rgb, rng), strict=True):
            mask = F.interpolate(logits, sample.labels.shape, mode="bilinear").argmax(1)[0].to(torch.uint8).numpy()
            matrix = found.setdefault((sample.key, case), ConfusionMatrix(system.labels))
            matrix.update(mask, sample.labels, None if sample.complete else known)
    return found


def _answers(system: System, thermal: Image, rgb: Image, rng: np.random.Generator) -> list[Tensor]:
    failing = [
        (uniform_noise(thermal, rng), rgb),
        (thermal, uniform_noise(rgb, rng)),
        (overexposed(thermal), rgb),
        (thermal, overexposed(rgb)),
        (255 - thermal, rgb),
    ]
    with torch.no_grad():
        states = system.segmenter.states(_tensor(thermal), _tensor(rgb))
        return [*states, *(system.segment(_tensor(t), _tensor(r)) for t, r in failing)]


def _tensor(image: Image) -> Tensor:
    """Return (H, W) or (H, W, 3) uint8 as (1, C, H, W) in 0..1."""
    return torch.from_numpy(image.reshape(*image.shape[:2], -1)).permute(2, 0, 1)[None].float() / 255


def table(judged: Judged) -> str:
    """Return a table in Markdown: recall and precision with both sensors, and the IoU of every case."""
    lines = ["| | recall | precision | IoU: " + " | ".join(CASES) + " |", "|---|---:|---:|" + "---:|" * len(CASES)]
    for key in sorted({key for key, _ in judged}):
        both = judged[key, "both"]
        for label, name in enumerate(both.labels.names[1:], 1):
            if name not in both.absent:
                cells = [both.accuracy[label], both.precision[label], *(judged[key, case].iou[label] for case in CASES)]
                lines.append(f"| {key}, {name} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tools.held_out_states", description=__doc__)
    parser.add_argument("data", help="data set that the checkpoints were trained on")
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="of realtime, quality, early or middle")
    options = parser.parse_args(arguments)
    _, held_out = hold_out(load_samples(open_training_set(options.data, None)))
    for checkpoint in options.checkpoints:
        system, _ = load_system(Path(checkpoint))
        if not getattr(system.segmenter, "has_states", False):
            parser.error(f"{checkpoint}: a segmenter '{system.spec.segmenter}' cannot be asked about each sensor alone")
        print(f"{checkpoint}\n\n{table(judge(system, held_out))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
