# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Why results rest on one camera alone, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

SENSORS = ("thermal", "rgb")
"""Names of the two streams."""


def other_sensor(sensor: str) -> str:
    """Return the other stream's name."""
    return "rgb" if sensor == "thermal" else "thermal"


def describe_outages(
    outages: Mapping[str, str | None], *, allow_missing: bool = True, blind: bool = False
) -> str | None:
    """Say which camera is not used and why, or return None if both are.

    Args:
        outages: for each camera that is out what is wrong with its images, as in "the picture stands still"; None
            where no images come.
        allow_missing: whether there are results without it.
        blind: whether neither camera gives a result.
    """
    if not outages:
        return None
    causes = " and ".join(
        f"no {sensor} images" if reason is None else f"bad {sensor} images ({reason})"
        for sensor, reason in outages.items()
    )
    if blind:
        return f"no results: {causes}"
    if not allow_missing:
        return f"no results: {causes}, and sync.allow_missing is false"
    if len(outages) > 1:
        return f"degraded: {causes}, so results rest on what there is"
    return f"degraded: {causes}, so results rest on the other camera alone"
