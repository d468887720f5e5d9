# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the figures on video."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fusion_perception.lab.evaluation.table import NOTHING, Table
from fusion_perception.lab.evaluation.video.video_figures import RecordingFigures

_DIGITS = 2


def video_tables(recordings: Sequence[RecordingFigures]) -> Iterable[Table]:
    """Yield what changes and which classes there are; then, with marks, false pixels and sought objects."""
    if not recordings:
        return
    present = [
        name
        for name in list(recordings[0].class_shares)[1:]
        if any(recording.class_shares[name] for recording in recordings)
    ]
    rows = [
        (
            r.name,
            str(r.frames),
            _percent(r.changed),
            _percent(r.changed_most),
            *(_percent(r.class_shares[c]) for c in present),
        )
        for r in recordings
    ]
    yield Table(
        "Video: class changes from frame to frame, and classes (% of the pixels)",
        ("recording", "frames", "changed", "most", *present),
        tuple(rows),
        "changed: the class differs from the frame before, mean over the frames; most: the two that differ most",
    )
    yield from _false_table(recordings)
    yield from _sought_table(recordings)


def _false_table(recordings: Sequence[RecordingFigures]) -> Iterable[Table]:
    judged = list(dict.fromkeys(name for r in recordings for name in r.false_pixels or ()))
    if not judged:
        return
    rows = []
    for recording in recordings:
        cells = [recording.name]
        for name in judged:
            false = (recording.false_pixels or {}).get(name)
            cells += [NOTHING] * 3 if false is None else [str(false.pixels), _percent(false.share), str(false.frames)]
        rows.append(tuple(cells))
    yield Table(
        "Video: false objects",
        ("recording", *(f"{name} {what}" for name in judged for what in ("px", "%", "frames"))),
        tuple(rows),
        "pixels of the class outside of every box that may hold it: on stairs, walls, trees, ground, people; "
        "px over all frames, % of all pixels, frames with any",
    )


def _sought_table(recordings: Sequence[RecordingFigures]) -> Iterable[Table]:
    rows = [
        (f"{r.name}: {o.name}", " or ".join(o.classes), f"{o.found} of {o.frames}", f"{o.least_share:.0%}")
        for r in recordings
        for o in r.sought or ()
    ]
    if rows:
        yield Table(
            "Video: marked objects that must be found",
            ("object", "as", "found in frames", "least"),
            tuple(rows),
            "found: at least a quarter of the box has the class; least: share of the box in the worst frame",
        )


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.{_DIGITS}f}"
