# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How segmenters of two streams do on the pairs that their training held out: each sensor alone, and one that fails.

``python -m tools.held_out_states DATA CHECKPOINT...`` prints a table for each checkpoint. It is for choosing between
trainings without looking at a list that is kept for the end.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.lab.nets.system import System, load_system
from fusion_perception.lab.training.losses.segmentation import object_ids
from fusion_perception.lab.training.samples import Sample, load_samples
from fusion_perception.lab.training.splits import hold_out, open_training_set

CASES = ("both", "T", "R", "T noise", "R noise", "T overexposed", "R overexposed", "T inverted")
"""Both sensors, thermal alone, RGB alone, and both of which one sends something else."""
GAIN = 4.0
"""Of overexposure."""

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
    generator = torch.Generator().manual_seed(0)
    for sample in samples:
        thermal = torch.from_numpy(sample.thermal)[None, None].float() / 255
        rgb = torch.from_numpy(sample.rgb).permute(2, 0, 1)[None].float() / 255
        for case, logits in zip(CASES, _answers(system, thermal, rgb, generator), strict=True):
            mask = F.interpolate(logits, sample.labels.shape, mode="bilinear").argmax(1)[0].to(torch.uint8).numpy()
            matrix = found.setdefault((sample.key, case), ConfusionMatrix(system.labels))
            matrix.update(mask, sample.labels, None if sample.complete else known)
    return found


def _answers(system: System, thermal: Tensor, rgb: Tensor, generator: torch.Generator) -> list[Tensor]:
    static = [torch.rand(image.shape, generator=generator) for image in (thermal, rgb)]
    bright = [(image * GAIN).clamp(0, 1) for image in (thermal, rgb)]
    failing = [(static[0], rgb), (thermal, static[1]), (bright[0], rgb), (thermal, bright[1]), (1 - thermal, rgb)]
    with torch.no_grad():
        return [*system.segmenter.states(thermal, rgb), *(system.segment(*pair) for pair in failing)]


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
    data, *checkpoints = sys.argv[1:] if arguments is None else arguments
    _, held_out = hold_out(load_samples(open_training_set(data, None)))
    for checkpoint in checkpoints:
        system, _ = load_system(Path(checkpoint))
        print(f"{checkpoint}\n\n{table(judge(system, held_out))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
