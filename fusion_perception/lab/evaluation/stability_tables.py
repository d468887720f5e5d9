# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the figures over time."""

from __future__ import annotations

from collections.abc import Iterable

from fusion_perception.lab.evaluation.document import EvaluationDocument
from fusion_perception.lab.evaluation.stability_figures import NextFrameFigures, RenderedFigures, TemporalFigures
from fusion_perception.lab.evaluation.table import Table, cell


def stability_tables(document: EvaluationDocument) -> Iterable[Table]:
    """Yield the tables of a document about stability."""
    if document.temporal and document.temporal.frame_pairs:
        yield stability_table(document.temporal)
    if document.stability:
        yield shake_table(document.stability.next_frame)
        yield drive_table(document.stability.rendered)


def stability_table(temporal: TemporalFigures) -> Table:
    """Return the figures over time."""
    rows = [
        ("frame pairs compared (left out)", f"{temporal.frame_pairs} ({temporal.left_out})"),
        ("share of pixels unchanged to both cameras", cell(temporal.unchanged_share, 2)),
        ("brightness pumping, grey levels RMS", cell(temporal.pumping_levels, 2)),
    ]
    if temporal.masks is not None:
        rows.append(("mask consistency, mean IoU of objects", cell(temporal.masks.consistency)))
        rows.append(("mask flicker, share of unchanged pixels", cell(temporal.masks.flicker, 4)))
    return Table(
        "Stability from frame to frame",
        ("figure", "value"),
        tuple(rows),
        "in the recorded order, followed by optical flow: for video; at a frame a second flow fails, see --stability",
    )


def shake_table(figures: NextFrameFigures) -> Table:
    """Return what small changes between two frames of one scene do to mask and brightness."""
    rows = [
        (
            f"{change.name}, {split}",
            cell(s.masks.agreement if s.masks else None, 4),
            cell(s.masks.interior_agreement if s.masks else None, 4),
            cell(s.masks.consistency if s.masks else None),
            cell(s.input_change_levels, 2),
            cell(s.fused_change_levels, 2),
            cell(s.change_ratio, 2),
            cell(s.pumping_levels, 2),
        )
        for change in figures.changes
        for split, s in change.splits.items()
    ]
    columns = ("agreement", "interior", "object IoU", "input change", "fused change", "ratio", "pumping")
    what = "; ".join(f"{change.name}: {change.description}" for change in figures.changes[:-1])
    return Table(
        "Stability against the next frame of the same scene",
        ("change", *columns),
        tuple(rows),
        f"masks of corresponding pixels alike; mean brightness in grey levels RMS, pumping is no camera's; {what}",
    )


def drive_table(figures: RenderedFigures) -> Table:
    """Return stability along the true motion of rendered streets."""
    rows = [
        (
            drive.name,
            str(s.frame_pairs),
            cell(s.unchanged_share, 2),
            cell(s.masks.consistency if s.masks else None),
            cell(s.masks.flicker if s.masks else None, 4),
            cell(s.pumping_levels, 2),
        )
        for drive in figures.drives
        for s in (drive.figures,)
    ]
    columns = ("frame pairs", "pixels followed", "object IoU", "flicker", "pumping")
    return Table(
        f"Stability on rendered streets, {figures.rate_hz:g} frames a second, true motion known",
        ("drive", *columns),
        tuple(rows),
        "mask against the mask before it, true labels would reach IoU 1 and flicker 0; flicker: share of pixels whose "
        "class changed; pumping in grey levels RMS",
    )
