# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the figures over time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fusion_perception.lab.evaluation.table import Table, cell


def stability_tables(document: dict[str, Any]) -> Iterable[Table | None]:
    """Yield the tables of a document about stability."""
    yield stability_table(document)
    stability = document.get("stability")
    if stability:
        yield shake_table(stability["next_frame"])
        yield drive_table(stability["rendered"])


def stability_table(document: dict[str, Any]) -> Table | None:
    """Return the figures over time, or None without two following frames."""
    temporal = document.get("temporal")
    if not temporal or not temporal["frame_pairs"]:
        return None
    rows = [
        ("frame pairs compared (left out)", f"{temporal['frame_pairs']} ({temporal['left_out']})"),
        ("share of pixels unchanged to both cameras", cell(temporal["unchanged_share"], 2)),
        ("brightness pumping, grey levels RMS", cell(temporal["pumping_levels"], 2)),
    ]
    if "consistency" in temporal:
        rows.append(("mask consistency, mean IoU of objects", cell(temporal["consistency"])))
        rows.append(("mask flicker, share of unchanged pixels", cell(temporal["flicker"], 4)))
    return Table(
        "Stability from frame to frame",
        ("figure", "value"),
        tuple(rows),
        "in the recorded order, followed by optical flow: for video; at a frame a second flow fails, see --stability",
    )


def shake_table(figures: dict[str, Any]) -> Table:
    """Return what small changes between two frames of one scene do to mask and brightness."""
    rows = [
        (
            f"{change['name']}, {split}",
            cell(s.get("agreement"), 4),
            cell(s.get("interior_agreement"), 4),
            cell(s.get("consistency")),
            cell(s["input_change_levels"], 2),
            cell(s["fused_change_levels"], 2),
            cell(s["change_ratio"], 2),
            cell(s["pumping_levels"], 2),
        )
        for change in figures["changes"]
        for split, s in change["splits"].items()
    ]
    columns = ("agreement", "interior", "object IoU", "input change", "fused change", "ratio", "pumping")
    what = "; ".join(f"{change['name']}: {change['description']}" for change in figures["changes"][:-1])
    return Table(
        "Stability against the next frame of the same scene",
        ("change", *columns),
        tuple(rows),
        f"masks of corresponding pixels alike; mean brightness in grey levels RMS, pumping is no camera's; {what}",
    )


def drive_table(figures: dict[str, Any]) -> Table:
    """Return stability along the true motion of rendered streets."""
    rows = [
        (
            drive["name"],
            str(drive["frame_pairs"]),
            cell(drive["unchanged_share"], 2),
            cell(drive.get("consistency")),
            cell(drive.get("flicker"), 4),
            cell(drive["pumping_levels"], 2),
        )
        for drive in figures["drives"]
    ]
    columns = ("frame pairs", "pixels followed", "object IoU", "flicker", "pumping")
    return Table(
        f"Stability on rendered streets, {figures['rate_hz']:g} frames a second, true motion known",
        ("drive", *columns),
        tuple(rows),
        "mask against the mask before it, true labels would reach IoU 1 and flicker 0; flicker: share of pixels whose "
        "class changed; pumping in grey levels RMS",
    )
