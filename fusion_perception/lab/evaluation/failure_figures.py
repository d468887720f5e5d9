# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of masks while one sensor fails, as documents and tables carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fusion_perception.lab.evaluation.figures import BoxSummary, IouByKind


@dataclass(frozen=True)
class FailureFigures:
    """Figures with both sensors there, one of which sends nonsense.

    Attributes:
        sensor: that fails.
        name: of the failure, see ``failures.FAILURES``.
        description: for a reader of the table.
        boxes: against boxes.
        iou: against masks.
        iou_of_other_alone: shares of the IoU with this sensor missing, which the model is told; None where that is 0
            or nothing is labelled.
    """

    sensor: Literal["thermal", "rgb"]
    name: str
    description: str
    boxes: BoxSummary
    iou: IouByKind
    iou_of_other_alone: IouByKind
