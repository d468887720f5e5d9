# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Has a sensor stopped contributing? By the network's own evidence, not by a look at the picture."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from fusion_perception.health.evidence import Evidence

_SENSORS = {"thermal": "thermal", "rgb": "RGB"}
_STALE_NS = 10_000_000_000  # what was seen longer ago says nothing of now


@dataclass(frozen=True)
class ContributionSettings:
    """When a sensor counts as having stopped contributing.

    Attributes:
        least_share: part of the evidence for the decisions, 0..1, below which a sensor contributes nothing.
        hold_ns: for how long that has to be so.
    """

    least_share: float = 0.05
    hold_ns: int = 3_000_000_000


class ContributionWatch:
    """Follows the evidence of results. One thread writes, another one reads.

    A sensor whose image does not arrive is another matter and is not judged; nor is one that speaks for no decision
    while the other one does not either.

    Args:
        settings: when a sensor has stopped.
    """

    def __init__(self, settings: ContributionSettings | None = None) -> None:
        self.settings = settings or ContributionSettings()
        self._lock = threading.Lock()
        self._latest: Evidence | None = None
        self._seen_ns = 0
        self._since: dict[str, int] = {}  # sensor -> since when it contributes nothing
        self._reached: dict[str, float] = {}  # sensor -> the largest part of the evidence since then

    def see(self, evidence: Evidence, now_ns: int, missing: str | None = None) -> None:
        """Take in the evidence of one result.

        Args:
            evidence: of it.
            now_ns: time of a clock that never jumps.
            missing: the sensor whose image did not arrive.
        """
        with self._lock:
            self._latest = evidence
            parts = evidence.contribution if missing is None else None
            gap = now_ns - self._seen_ns > _STALE_NS
            self._seen_ns = now_ns
            for sensor in _SENSORS:
                if parts is None or gap or parts[sensor] >= self.settings.least_share:
                    self._since.pop(sensor, None)
                    self._reached.pop(sensor, None)
                if parts is not None and parts[sensor] < self.settings.least_share:
                    self._since.setdefault(sensor, now_ns)
                    self._reached[sensor] = max(parts[sensor], self._reached.get(sensor, 0.0))

    def warnings(self, now_ns: int) -> dict[str, str]:
        """Return what is wrong with each sensor, by kind of warning."""
        with self._lock:
            if now_ns - self._seen_ns > _STALE_NS:
                return {}
            return {
                f"contribution_{sensor}": _advice(sensor, (now_ns - since) / 1e9, self._reached[sensor])
                for sensor, since in self._since.items()
                if self._seen_ns - since >= self.settings.hold_ns
            }

    def values(self, now_ns: int) -> dict[str, str]:
        """Return the latest evidence as diagnostics has it; nothing while there is none of now."""
        with self._lock:
            evidence = self._latest
            if evidence is None or now_ns - self._seen_ns > _STALE_NS:
                return {}
        values = {"attribution_share": _listed(evidence.share)}
        for sensor, classes in evidence.reversed_without.items():
            values[f"reversed_without_{sensor}"] = _listed(classes)
        for sensor, part in (evidence.contribution or {}).items():
            values[f"contribution_{sensor}"] = f"{part:.3f}"
        return values


def _listed(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in figures.items()) or "no object"


def _advice(sensor: str, seconds: float, reached: float) -> str:
    name = _SENSORS[sensor]
    return (
        f"{name} has contributed nothing to the decisions for {seconds:.0f} s although its images arrive (at most "
        f"{reached:.1%} of the evidence): the scene may give it nothing, or it is dead, frozen, covered or saturated; "
        f"look at its picture"
    )
