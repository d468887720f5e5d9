# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The stamps of pairs in a folder: those of a ``times.csv``, else evenly spaced ones."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.files.text_file import read_text
from fusion_perception.text import printable

TIMES = "times.csv"
"""File beside the folders of a converted bag: the stamps of every pair, so that the way back keeps them."""

COLUMNS = ["name", "rgb_stamp_ns", "thermal_stamp_ns"]
THERMAL_FRAME, RGB_FRAME = "thermal_optical_frame", "rgb_optical_frame"

_START_NS = 1_700_000_000 * 10**9  # stamp of the first pair where there are no times: not 0, which is an empty stamp


class PairTimes:
    """The stamps of the pairs of a folder.

    Args:
        folder: may hold a ``times.csv``.
        rate: pairs a second, where it does not.

    Raises:
        DataError: the file cannot be used.
    """

    def __init__(self, folder: Path, rate: float) -> None:
        self._times = _read_times(folder / TIMES)
        self._rate = rate

    def of(self, number: int, name: str) -> tuple[int, int]:
        """Return the stamps of RGB and thermal in nanoseconds of the pair with a number, from 0, and a name."""
        nominal = _START_NS + round(number * 1e9 / self._rate)
        return self._times.get(name, (nominal, nominal))


def _read_times(path: Path) -> dict[str, tuple[int, int]]:
    """Return name -> stamps of RGB and thermal; empty when there is no such file."""
    if not path.is_file():
        return {}
    times: dict[str, tuple[int, int]] = {}
    try:
        rows = list(csv.reader(StringIO(read_text(path))))
        if rows[0] != COLUMNS:
            raise ValueError(f"its first line is not {','.join(COLUMNS)}")
        for row in rows[1:]:
            name, rgb_ns, thermal_ns = row
            times[name] = int(rgb_ns), int(thermal_ns)
            if not all(0 < stamp < 2**31 * 10**9 for stamp in times[name]):
                raise ValueError(f"a stamp of '{name}' is out of range")
    except (OSError, ValueError, IndexError, csv.Error) as error:
        raise DataError(f"{path} cannot be used ({printable(error, 200)}); remove it, or write it again") from error
    return times
