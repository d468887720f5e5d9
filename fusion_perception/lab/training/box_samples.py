# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples of pairs that have boxes instead of masks."""

from __future__ import annotations

from fusion_perception.lab.data.box_annotations import BoxAnnotations
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.training.box_labels import labels_from_boxes
from fusion_perception.lab.training.samples import LARGEST, Sample, fitted, unlabelled_sample
from fusion_perception.labels import LabelSet


def load_box_samples(
    dataset: PairDataset, annotations: BoxAnnotations, labels: LabelSet, largest: tuple[int, int] = LARGEST
) -> tuple[list[Sample], list[Sample]]:
    """Read pairs with boxes.

    Args:
        dataset: the pairs.
        annotations: their boxes.
        labels: whose ids are used.
        largest: height and width that pairs are made to fit into.

    Returns:
        Samples of the pairs with boxes, which are not complete, and of those that nobody looked at, whose labels are
        all unknown.

    Raises:
        DataError: an image cannot be read.
    """
    labelled, unlabelled = [], []
    for pair in dataset:
        thermal, rgb = fitted(pair, largest)
        height, width = thermal.shape
        boxes = annotations.of(pair.name, (pair.rgb.shape[0], pair.rgb.shape[1]), (height, width))
        key = pair.time or "any"
        if boxes is None:
            unlabelled.append(unlabelled_sample(thermal, rgb, key, pair.name))
        else:
            mask = labels_from_boxes(boxes, labels, height, width)
            labelled.append(Sample(thermal, rgb, mask, False, key, pair.name))
    return labelled, unlabelled
