# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of each pair of a processed bag, from which its report is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.health import MapShares, RunEvent, map_shares
from fusion_perception.labels import LabelSet
from fusion_perception.types import FramePair, Perception

_DIGITS = 4  # of a share


@dataclass(frozen=True)
class PairFigures:
    """One pair.

    Attributes:
        stamp_ns: of its reference image.
        offset_ms: thermal stamp minus RGB stamp; None with one camera.
        ms: wall time of everything that was done for it.
        engine_ms: of it, in the engine; None where it failed.
        missing: the camera that was missing, or empty.
        thermal_share: mean share of thermal in the decisions over the objects, 0..1; None where there are none, and
            without an attribution.
        class_shares: share of the pixels of each class, in the order of the labels; empty where it failed.
        failure: why there is no result, or empty.
        class_thermal: see ``MapShares``.
        reversed_without: see ``MapShares``.
    """

    stamp_ns: int
    offset_ms: float | None
    ms: float
    engine_ms: float | None = None
    missing: str = ""
    thermal_share: float | None = None
    class_shares: tuple[float, ...] = ()
    failure: str = ""
    class_thermal: tuple[float | None, ...] = ()
    reversed_without: dict[str, float] = field(default_factory=dict)

    @property
    def shares(self) -> MapShares:
        """The shares of its maps."""
        return MapShares(self.class_shares, self.class_thermal, self.reversed_without)


@dataclass(frozen=True, kw_only=True)
class PairsDocument:
    """All pairs of a bag.

    Attributes:
        schema: kind of document.
        schema_version: its version.
        classes: names of the classes.
        pairs: figures of each pair, in order.
        palette: colours of the classes in the film, red, green and blue.
        events: messages that were damaged, frames without a partner, and when.
    """

    schema: Literal["fusion_perception.processed_pairs"] = "fusion_perception.processed_pairs"
    schema_version: Literal[1] = 1
    classes: tuple[str, ...]
    pairs: tuple[PairFigures, ...]
    palette: tuple[tuple[int, ...], ...] = ()
    events: tuple[RunEvent, ...] = ()


PAIRS = Schema(
    "fusion_perception.processed_pairs", 1, PairsDocument, "figures of the pairs of a bag", "process the bag again"
)


def figures_of(pair: FramePair, perception: Perception, seconds: float, labels: LabelSet) -> PairFigures:
    """Return the figures of a pair that has a result.

    Args:
        pair: the pair.
        perception: its result.
        seconds: wall time of everything that was done for it.
        labels: of the model.
    """
    shares = map_shares(perception.outputs, labels)
    thermal = shares.object_thermal
    return PairFigures(
        stamp_ns=perception.stamp_ns,
        offset_ms=_offset_ms(pair),
        ms=round(1e3 * seconds, 2),
        engine_ms=round(perception.timings_ms.get("engine", 0.0), 2),
        missing=perception.degraded or "",
        thermal_share=None if thermal is None else round(thermal, _DIGITS),
        class_shares=shares.class_shares,
        class_thermal=shares.class_thermal,
        reversed_without=shares.reversed_without,
    )


def figures_of_failure(pair: FramePair, reason: str, seconds: float) -> PairFigures:
    """Return the figures of a pair that could not be processed."""
    return PairFigures(pair.reference.stamp_ns, _offset_ms(pair), round(1e3 * seconds, 2), failure=reason)


def _offset_ms(pair: FramePair) -> float | None:
    return None if pair.thermal is None or pair.rgb is None else round(pair.offset_ns / 1e6, 3)
