# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Do two backends give the same answer on the same model?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception import outputs as table
from fusion_perception.engine.engine import Engine
from fusion_perception.engine.metadata import PRECISIONS
from fusion_perception.outputs import Output
from fusion_perception.types import EngineOutputs

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]

_LIKE = {"bf16": "fp16"}
"""Precisions that have no limits of their own: those that they are judged by."""


def limits(precision: str) -> dict[str, float]:
    """Return what is demanded of a precision, as the table of outputs has it: name of a figure -> its limit."""
    return {f"{row.name}_{name}": at for row in table.OUTPUTS for name, at in row.limits.get(precision, {}).items()}


@dataclass(frozen=True)
class ParityReport:
    """How far two engines agree.

    Attributes:
        precision: the one whose ``limits`` were applied.
        pairs: number of image pairs compared.
        figures: by the output's name and the figure's: ``mask_agreement`` (share of equal pixels), ``fused_max`` and
            ``confidence_mean`` (differences in the output's unit), for example.
        accepted: every limit is kept.
    """

    precision: str
    pairs: int
    figures: dict[str, float] = field(default_factory=dict)
    accepted: bool = False

    def failures(self) -> str:
        """Return the limits that were broken, in words; empty if none."""
        broken = [
            (name, limit)
            for name, limit in limits(self.precision).items()
            if name in self.figures and not _kept(name, self.figures[name], limit)
        ]
        sides = {True: "at least", False: "at most"}
        return ", ".join(
            f"{name} {self.figures[name]:.4g}, allowed {sides[name.endswith('_agreement')]} {limit:g}"
            for name, limit in broken
        )


def compare_outputs(reference: EngineOutputs, candidate: EngineOutputs) -> dict[str, float]:
    """Return the figures of one pair, of every output that both have."""
    a, b = reference.maps(), candidate.maps()
    figures: dict[str, float] = {}
    for row in table.OUTPUTS:
        if row.name in a and row.name in b:
            figures.update(_figures(row, a[row.name], b[row.name]))
    return figures


def compare_engines(
    reference: Engine, candidate: Engine, pairs: Iterable[Pair], *, attribution: bool = False
) -> ParityReport:
    """Run both engines over pairs and judge by the coarser of their precisions.

    Args:
        reference: the engine that is right by definition.
        candidate: the engine in question.
        pairs: thermal and RGB images of the model's size.
        attribution: compare that too, if the models have it.
    """
    rows = [
        compare_outputs(
            reference.infer(thermal, rgb, attribution=attribution),
            candidate.infer(thermal, rgb, attribution=attribution),
        )
        for thermal, rgb in pairs
    ]
    precisions = [_LIKE.get(e.info.metadata.precision, e.info.metadata.precision) for e in (reference, candidate)]
    return judge(rows, max(precisions, key=PRECISIONS.index))


def judge(rows: Sequence[Mapping[str, float]], precision: str) -> ParityReport:
    """Judge the figures of some pairs, see ``compare_outputs``, by the limits of a precision."""
    precision = _LIKE.get(precision, precision)
    figures = {
        name: float(
            np.max([row[name] for row in rows]) if name.endswith("_max") else np.mean([row[name] for row in rows])
        )
        for name in (rows[0] if rows else ())
    }
    accepted = bool(rows) and all(
        _kept(name, figures[name], limit) for name, limit in limits(precision).items() if name in figures
    )
    return ParityReport(precision, len(rows), figures, accepted)


def synthetic_pairs(height: int, width: int, count: int, seed: int = 0) -> Iterator[Pair]:
    """Yield picture-like pairs: smooth gradients, bright and warm blobs, a little noise.

    They need no data set; noise alone would put every pixel on a class border.
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    for _ in range(count):
        base = 40 + 120 * rows / max(height - 1, 1)
        thermal = base * rng.uniform(0.3, 1.0)
        rgb = base[..., None] * rng.uniform(0.2, 1.2, 3)
        for _ in range(12):
            y, x = rng.uniform(0, height), rng.uniform(0, width)
            tall, wide = rng.uniform(0.03, 0.2) * height, rng.uniform(0.03, 0.2) * width
            blob = np.exp(-(((rows - y) / tall) ** 4) - ((columns - x) / wide) ** 4)
            thermal = thermal + blob * rng.uniform(-60, 160)
            rgb = rgb + blob[..., None] * rng.uniform(-120, 120, 3)
        thermal = thermal + rng.normal(0, 2, (height, width))
        rgb = rgb + rng.normal(0, 2, (height, width, 3))
        yield np.clip(thermal, 0, 255).astype(np.uint8), np.clip(rgb, 0, 255).astype(np.uint8)


def _figures(row: Output, a: NDArray[Any], b: NDArray[Any]) -> dict[str, float]:
    """Return what some precision limits of an output."""
    names = dict.fromkeys(figure for limited in row.limits.values() for figure in limited)
    if row.ids:
        return {f"{row.name}_{name}": float(np.mean(a == b)) for name in names}
    wide = np.int16 if row.dtype == "uint8" else np.float64
    difference: NDArray[Any] = np.asarray(np.abs(a.astype(wide) - b.astype(wide)))
    return {f"{row.name}_{name}": float(np.max(difference) if name == "max" else np.mean(difference)) for name in names}


def _kept(name: str, value: float, limit: float) -> bool:
    return value >= limit if name.endswith("_agreement") else value <= limit
