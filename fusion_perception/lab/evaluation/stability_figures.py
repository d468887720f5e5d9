# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of stability over time, as documents and tables carry them. None stands for "cannot be said"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fusion_perception.documents.typed_document import INLINE, Count, Size
from fusion_perception.lab.evaluation.figures import PerClass


@dataclass(frozen=True)
class MaskStability:
    """Masks from frame to frame, see ``TemporalScore``.

    Attributes:
        consistency: mean IoU of the objects.
        consistency_per_class: IoU of every class.
        flicker: share of the unchanged pixels whose class changed.
    """

    consistency: float | None
    consistency_per_class: PerClass
    flicker: float | None


@dataclass(frozen=True)
class TemporalFigures:
    """Stability from frame to frame, see ``TemporalScore``.

    Attributes:
        frame_pairs: that were compared.
        left_out: that were not: a cut, a fast turn.
        unchanged_share: mean share of the pixels that are unchanged to both cameras.
        pumping_levels: root mean square in grey levels.
        masks: None for a method without masks.
    """

    frame_pairs: Count
    left_out: Count
    unchanged_share: float | None
    pumping_levels: float | None
    masks: Annotated[MaskStability | None, INLINE] = None


@dataclass(frozen=True)
class ShakenMasks:
    """Masks of corresponding pixels, see ``CameraShake``.

    Attributes:
        agreement: share of the pixels of one class.
        interior_agreement: the same away from outlines.
        consistency: mean IoU of the objects.
        consistency_per_class: IoU of every class.
    """

    agreement: float | None
    interior_agreement: float | None
    consistency: float | None
    consistency_per_class: PerClass


@dataclass(frozen=True)
class ShakeFigures:
    """One change between two frames, over one split, see ``CameraShake``.

    Attributes:
        frame_pairs: pairs of frames.
        fused_change_levels: change of the mean fused brightness, root mean square in grey levels.
        input_change_levels: the same of the camera that changes more.
        change_ratio: one over the other; None where the inputs hardly change.
        pumping_levels: fused change that no camera shows.
        masks: None for a method without masks.
    """

    frame_pairs: Count
    fused_change_levels: Size
    input_change_levels: Size
    change_ratio: float | None
    pumping_levels: Size
    masks: Annotated[ShakenMasks | None, INLINE] = None


@dataclass(frozen=True)
class ChangeFigures:
    """What one kind of change does.

    Attributes:
        name: of the change.
        description: for a reader of the table.
        splits: split -> figures.
    """

    name: str
    description: str
    splits: dict[str, ShakeFigures]


@dataclass(frozen=True)
class NextFrameFigures:
    """Stability against the next frame of the same scene.

    Attributes:
        draws: next frames of every kind made from one pair.
        changes: one for each kind of change.
    """

    draws: Count
    changes: tuple[ChangeFigures, ...]


@dataclass(frozen=True)
class DriveFigures:
    """Stability on one rendered drive.

    Attributes:
        name: of the drive.
        figures: along the true motion.
    """

    name: str
    figures: Annotated[TemporalFigures, INLINE]


@dataclass(frozen=True)
class RenderedFigures:
    """Stability on rendered streets.

    Attributes:
        frames: of each drive.
        rate_hz: frames a second.
        speed_m_s: where the cameras move.
        drives: one after the other.
    """

    frames: Count
    rate_hz: Size
    speed_m_s: Size
    drives: tuple[DriveFigures, ...]


@dataclass(frozen=True)
class StabilityFigures:
    """Stability where the truth is known."""

    next_frame: NextFrameFigures
    rendered: RenderedFigures
