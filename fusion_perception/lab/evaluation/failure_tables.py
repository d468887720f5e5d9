# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the figures while one sensor fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.evaluation.failure_figures import FailureFigures
from fusion_perception.lab.evaluation.segmentation_metrics import ALL
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell

FLOOR = 0.75
"""Share of the other sensor's own IoU that a person or a car should keep."""

_JUDGED = ("person", "car")
_MOST = 9.99  # a share of nearly nothing says nothing


def failure_tables(rows: Sequence[FailureFigures]) -> Iterable[Table]:
    """Yield one table per kind of label: IoU under every failure, and its share of the other sensor's alone."""
    for kind, splits in rows[0].iou.items() if rows else ():
        shown = [split for split in splits if split != ALL] or list(splits)
        classes = [name for name in BOX_LABELS if any(splits[split].get(name) is not None for split in shown)]
        if not classes:
            continue
        body = []
        for row in rows:
            cells = [f"{'thermal' if row.sensor == 'thermal' else 'RGB'}, {row.name}"]
            kept = []
            for name in classes:
                for split in shown:
                    share = row.iou_of_other_alone[kind][split].get(name)
                    mark = "" if share is None else f" ({'>' if share > _MOST else ''}{min(share, _MOST):.0%})"
                    cells.append(f"{cell(row.iou[kind][split].get(name))}{mark}")
                    if name in _JUDGED and share is not None:
                        kept.append(share)
            least = min(kept, default=None)
            cells.append(NOTHING if least is None else f"{least:.0%}{'' if least >= FLOOR else ' (low)'}")
            body.append(tuple(cells))
        yield Table(
            f"One sensor fails, against '{kind}' labels: IoU (share of what the other sensor alone gives)",
            ("what fails", *(f"{name} {split}" for name in classes for split in shown), "least, person and car"),
            tuple(body),
            f"both images arrive, one of them is nonsense; person and car should keep at least {FLOOR:.0%}",
        )
