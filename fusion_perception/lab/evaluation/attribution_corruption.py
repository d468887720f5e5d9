# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Does the attribution leave a sensor that fails while its images arrive?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.evaluation.attribution_figures import CorruptionFigures
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick, run_named
from fusion_perception.lab.evaluation.failures import FAILED_SENSORS, FROZEN, FailedSensor
from fusion_perception.lab.evaluation.methods import Method, MethodOutput

MIN_PIXELS = 100
"""Pairs with fewer object pixels whose decision stands say nothing and are left out."""

NOT_NAMED = 0.05
"""A share of the failing sensor up to which it is not named, so that it need not fall any further."""


@dataclass
class _Sums:
    """What is gathered over the pairs for one failure."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    objects: int = 0
    changed: int = 0
    changed_share: float = 0.0


class CorruptionTest:
    """Thermal shares of a pair with both sensors well, and of the same pair while one of them fails.

    Looked at are the object pixels of the clean pair. Where the decision *stands* the failing sensor did not bring it
    about, and its share has to fall: *away* is the share of the pairs in which the mean over those pixels does, or is
    at most 0.05. Where the failure *changed* the decision it did bring it about, and naming it is right.
    """

    def __init__(self) -> None:
        self._sums: dict[str, _Sums] = {failed.name: _Sums() for failed in FAILED_SENSORS}

    def update(self, failed: FailedSensor, clean: MethodOutput, found: MethodOutput) -> None:
        """Add one pair under one failure; both outputs have a mask and an attribution."""
        sums = self._sums[failed.name]
        mask, share = _maps(clean)
        mask_now, share_now = _maps(found)
        objects = mask != 0
        stands = objects & (mask_now == mask)
        changed = objects & (mask_now != mask)
        sums.objects += int(objects.sum())
        sums.changed += int(changed.sum())
        own = share_now if failed.sensor == "thermal" else 1 - share_now
        sums.changed_share += float(own[changed].sum())
        if stands.sum() < MIN_PIXELS:
            return
        sums.before.append(float((share if failed.sensor == "thermal" else 1 - share)[stands].mean()))
        sums.after.append(float(own[stands].mean()))

    def summary(self, without: tuple[str, ...] = ()) -> tuple[CorruptionFigures, ...]:
        """Return the figures of every failure but those that were not measured, by name."""
        return tuple(
            _figures(failed, self._sums[failed.name]) for failed in FAILED_SENSORS if failed.name not in without
        )


def measure_corruption(evaluator: Evaluator, method: Method, tick: Tick | None = None) -> tuple[CorruptionFigures, ...]:
    """Return the figures of :class:`CorruptionTest` over a data set.

    A camera freezes only where there is another pair of the same time of day that it could still show.

    Args:
        evaluator: reads the pairs.
        method: what to run; it must run here, and have masks and an attribution.
        tick: progress.
    """
    chosen = tuple(f for f in FAILED_SENSORS if f.failure is not FROZEN or evaluator.can_freeze)
    test = CorruptionTest()
    for done, (item, failing) in enumerate(evaluator.failing(chosen)):
        clean = run_named(method, item, item.thermal, item.rgb, attribution=True)
        for failed, thermal, rgb in failing:
            test.update(failed, clean, run_named(method, item, thermal, rgb, attribution=True))
        if tick:
            tick(done + 1, evaluator.count)
    return test.summary(tuple(f.name for f in FAILED_SENSORS if f not in chosen))


def _maps(output: MethodOutput) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Mask, and thermal share 0..1."""
    if output.mask is None or output.attribution is None:
        raise ValueError("a method without masks or attribution has no attribution to test")
    return output.mask, np.minimum(output.attribution / 256, 1)


def _figures(failed: FailedSensor, sums: _Sums) -> CorruptionFigures:
    before, after = np.array(sums.before), np.array(sums.after)
    away = (after < before) | (after <= NOT_NAMED)
    return CorruptionFigures(
        sensor=failed.sensor,
        name=failed.failure.name,
        description=failed.failure.description,
        pairs=len(before),
        away=float(away.mean()) if len(before) else None,
        share_before=float(before.mean()) if len(before) else None,
        share_after=float(after.mean()) if len(before) else None,
        decisions_changed=sums.changed / sums.objects if sums.objects else None,
        share_where_changed=sums.changed_share / sums.changed if sums.changed else None,
    )
