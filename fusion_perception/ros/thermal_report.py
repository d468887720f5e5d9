# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the gain control has found out about the thermal camera, for the log and for diagnostics."""

from __future__ import annotations

from collections.abc import Sequence

from fusion_perception.preprocess import GainControl

_NAMED = 8  # lines whose numbers are written out


class ThermalReport:
    """Says once that lines or pixels of the thermal image are dead, and each time that its shutter was closed."""

    def __init__(self) -> None:
        self._rows: set[int] = set()
        self._columns: set[int] = set()
        self._pixels = 0
        self._shutter_frames = 0

    def values(self, gain: GainControl) -> dict[str, str]:
        """Return key-value pairs for diagnostics."""
        defects = gain.defects
        return {
            "thermal_dead_rows": _listed(defects.rows.tolist()) or "none",
            "thermal_dead_columns": _listed(defects.columns.tolist()) or "none",
            "thermal_dead_pixels": str(defects.pixels.size),
            "thermal_shutter_frames": str(gain.shutter_frames),
        }

    def warning(self, gain: GainControl) -> str | None:
        """Return a sentence about lines and pixels that were not named before; None if there are none."""
        defects = gain.defects
        rows, columns, pixels = set(defects.rows.tolist()), set(defects.columns.tolist()), int(defects.pixels.size)
        # The number of single pixels varies with the scene: it is said again when it has doubled.
        if rows <= self._rows and columns <= self._columns and pixels <= 2 * self._pixels:
            return None
        self._rows |= rows
        self._columns |= columns
        self._pixels = max(self._pixels, pixels)
        parts = [f"{name} {_listed(sorted(lines))}" for name, lines in (("row", rows), ("column", columns)) if lines]
        parts += [f"{pixels} single pixel(s)"] if pixels else []
        return (
            f"thermal image: {', '.join(parts)} stick out of every frame (dead, or telemetry), and are left out where "
            "its contrast is chosen; they stay in the picture, so switch telemetry off, or let the camera replace them"
        )

    def news(self, gain: GainControl) -> str | None:
        """Return a sentence about shutter frames since the last call; None if there were none."""
        number = gain.shutter_frames - self._shutter_frames
        self._shutter_frames = gain.shutter_frames
        if number <= 0:  # a gain control of other settings has counted anew
            return None
        return f"thermal camera calibrates itself (shutter): {number} frames without a picture"


def _listed(lines: Sequence[int]) -> str:
    rest = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    return ", ".join(str(line) for line in lines[:_NAMED]) + rest
