# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The worst and the best frames of an evaluation, as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion_perception.files.atomic_file import write_image
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.evaluation.document import FrameFigures
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import Method
from fusion_perception.labels import IGNORE, LabelSet
from fusion_perception.render import colour_mask, contact_sheet, heat_map, overlay

JPEG_QUALITY = 88
UNKNOWN = (200, 200, 200)
"""Colour of pixels whose label is not known."""


def rank_frames(frames: Sequence[FrameFigures]) -> tuple[list[int], str]:
    """Return the indices of the frames from worst to best, and what they are ranked by.

    Frames are ranked by the mean IoU of the objects in them; where no frame has labels, by
    VIF + Qabf, what the fused image keeps of information and of edges. Frames of which neither is known are left out.

    Args:
        frames: the frames of an evaluation document.
    """
    labelled = {i: frame.object_iou for i, frame in enumerate(frames) if frame.object_iou is not None}
    if labelled:
        return sorted(labelled, key=lambda i: labelled[i]), "object IoU"

    def kept(i: int) -> float:
        fusion = frames[i].fusion
        return (fusion["VIF"] or 0.0) + (fusion["Qabf"] or 0.0)

    measured = [i for i, frame in enumerate(frames) if frame.fusion]
    return sorted(measured, key=kept), "VIF + Qabf"


def write_frames(
    path: Path, evaluator: Evaluator, method: Method, indices: Sequence[int], frames: Sequence[FrameFigures]
) -> None:
    """Run the method again on a few pairs and write what it saw and made of them.

    Args:
        path: the JPEG to write.
        evaluator: reads the pairs.
        method: makes the pictures.
        indices: which pairs, from top to bottom.
        frames: the frames of the evaluation document, for the captions.

    Raises:
        DataError: the picture cannot be written.
    """
    items: dict[int, ImagePair] = dict(zip(indices, evaluator.items(indices), strict=True))
    labels = method.labels
    rows, captions = [], []
    titles = ["thermal", "RGB", "fused"]
    if labels is not None:
        titles += ["mask", "labels", "attribution"]
    for i in indices:
        item = items[i]
        output = method.run(item.name, item.thermal, item.rgb, attribution=labels is not None)
        row: list[NDArray[np.uint8]] = [item.thermal, item.rgb, output.fused]
        if labels is not None and output.mask is not None:
            blank = np.full_like(item.rgb, 255)
            row.append(overlay(output.fused, output.mask, labels))
            row.append(labels_picture(item.labels, labels) if item.labels is not None else blank)
            row.append(heat_map(output.attribution) if output.attribution is not None else blank)
        rows.append(row)
        captions.append(caption(frames[i], item.kind))
    sheet = contact_sheet(rows, titles, captions=captions, labels=labels, cell_width=300)
    write_image(path, sheet, quality=JPEG_QUALITY)


def labels_picture(mask: NDArray[np.uint8], labels: LabelSet) -> NDArray[np.uint8]:
    """Return labels in their colours, grey where they are not known."""
    picture = colour_mask(mask, labels)
    picture[mask == IGNORE] = UNKNOWN
    return picture


def caption(frame: FrameFigures, kind: str) -> str:
    """Return the name of a pair with its figures.

    Args:
        frame: the figures.
        kind: of its labels.
    """
    parts = [frame.name]
    if frame.object_iou is not None:
        parts.append(f"object IoU {frame.object_iou:.2f} (labels: {kind})")
    if frame.boxes:
        parts.append(f"{frame.boxes_matched} of {frame.boxes} boxes matched")
    parts += [f"{key} {value:.2f}" for key in ("VIF", "Qabf") if (value := frame.fusion.get(key)) is not None]
    return ", ".join(parts)
