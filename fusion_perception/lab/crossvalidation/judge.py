# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Judge a checkpoint on pairs that it has not seen, as ``evaluate`` does, and keep the counts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch

from fusion_perception.lab.crossvalidation.document import BoxTallies, BoxTally, MaskTallies, MaskTally
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.evaluation.segmentation_metrics import SplitScores, in_order
from fusion_perception.lab.torch_backend.engine import TorchEngine
from fusion_perception.perceiver import Perceiver
from fusion_perception.types import Frame, FramePair

MULTIPLE = 32
"""Height and width of what the networks get are multiples of this."""


def judge(
    checkpoint: Path, pairs: Iterable[ImagePair], size: tuple[int, int], device: torch.device, box_set: str
) -> SplitScores:
    """Run a checkpoint as the node runs a model, and score its masks.

    Args:
        checkpoint: file of ``save_system``.
        pairs: thermal in 8 bits and of the size of RGB; their labels have the ids of the checkpoint's label set.
        size: (height, width) of the pairs.
        device: where it runs.
        box_set: which annotated boxes are used.

    Raises:
        ModelError: the checkpoint cannot be used.
    """
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in size)
    engine = TorchEngine(checkpoint, device=device.type, attribution_steps=0, height=height, width=width)
    try:
        perceiver, scores = Perceiver(engine), SplitScores(engine.info.metadata.labels)
        for pair in pairs:
            mask = perceiver.perceive(FramePair(Frame(pair.thermal, 0), Frame(pair.rgb, 0))).outputs.mask
            boxes = pair.boxes.get(box_set)
            if boxes is not None:
                scores.update_boxes(mask, boxes, split=pair.time)
            if pair.labels is not None:
                scores.update_masks(mask, pair.labels, kind=pair.kind, split=pair.time, annotated=pair.annotated)
    finally:
        engine.close()
    return scores


def box_tallies(scores: SplitScores) -> BoxTallies:
    """Return the counts against boxes."""
    return {
        split: {
            name: BoxTally(c.boxes, c.matched, c.pixels, c.inside) for name, c in scores.boxes[split].counts.items()
        }
        for split in in_order(scores.boxes)
    }


def mask_tallies(scores: SplitScores) -> MaskTallies:
    """Return the counts against masks."""
    return {
        kind: {
            split: {
                name: MaskTally(int(counts[i, i]), int(counts[i].sum()), int(counts[:, i].sum()))
                for i, name in enumerate(scores.labels.names)
            }
            for split in in_order(splits)
            for counts in (splits[split].confusion.counts,)
        }
        for kind, splits in scores.masks.items()
    }
