# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Do two backends give the same answer on the same model?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.engine import Engine
from fusion_perception.types import EngineOutputs

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]

LIMITS: dict[str, dict[str, float]] = {
    "fp32": {"mask_agreement": 0.999, "fused_max": 1.0, "confidence_mean": 0.5, "attribution_mean": 1.0},
    "fp16": {"mask_agreement": 0.995, "fused_mean": 1.0, "confidence_mean": 2.0, "attribution_mean": 4.0},
    "int8": {"mask_agreement": 0.98, "fused_mean": 3.0, "confidence_mean": 6.0, "attribution_mean": 12.0},
}
"""What is demanded by precision: the smallest share of equal mask pixels, the largest differences in grey levels."""


@dataclass(frozen=True)
class ParityReport:
    """How far two engines agree.

    Attributes:
        precision: row of ``LIMITS`` that was applied.
        pairs: number of image pairs compared.
        figures: ``mask_agreement`` (share of equal pixels) and, in grey levels, ``fused_max``,
            ``fused_mean``, ``confidence_mean`` and ``attribution_mean``.
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
            for name, limit in LIMITS[self.precision].items()
            if name in self.figures and not _kept(name, self.figures[name], limit)
        ]
        sides = {True: "at least", False: "at most"}
        return ", ".join(
            f"{name} {self.figures[name]:.4g}, allowed {sides[name == 'mask_agreement']} {limit:g}"
            for name, limit in broken
        )


def compare_outputs(reference: EngineOutputs, candidate: EngineOutputs) -> dict[str, float]:
    """Return the figures of one pair; attribution only if both have it."""
    fused = _difference(reference.fused, candidate.fused)
    figures = {
        "mask_agreement": float(np.mean(reference.mask == candidate.mask)),
        "fused_max": float(fused.max()),
        "fused_mean": float(fused.mean()),
        "confidence_mean": float(_difference(reference.confidence, candidate.confidence).mean()),
    }
    if reference.attribution is not None and candidate.attribution is not None:
        figures["attribution_mean"] = float(_difference(reference.attribution, candidate.attribution).mean())
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
    order = list(LIMITS)
    precision = max((e.info.metadata.precision for e in (reference, candidate)), key=order.index)
    figures = {
        name: float(
            np.max([row[name] for row in rows]) if name == "fused_max" else np.mean([row[name] for row in rows])
        )
        for name in (rows[0] if rows else ())
    }
    accepted = bool(rows) and all(
        _kept(name, figures[name], limit) for name, limit in LIMITS[precision].items() if name in figures
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


def _difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int16]:
    return np.asarray(np.abs(a.astype(np.int16) - b.astype(np.int16)))


def _kept(name: str, value: float, limit: float) -> bool:
    return value >= limit if name == "mask_agreement" else value <= limit
