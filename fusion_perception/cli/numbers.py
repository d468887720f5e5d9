# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers of the command line, judged before the work."""

from __future__ import annotations

import argparse

from fusion_perception.errors import DataError

_RANGES: dict[str, tuple[float, float]] = {
    "attribution_pairs": (0, 1_000_000),
    "attribution_steps": (0, 1000),
    "calibration_pairs": (1, 100_000),
    "device_id": (0, 1023),
    "dla_core": (0, 63),
    "folds": (2, 20),
    "height": (1, 16384),
    "held_out": (0, 0.5),
    "jobs": (0, 1024),
    "limit": (0, 10_000_000),
    "node_rate": (0.1, 1000),
    "pairs": (0, 100_000),
    "parity_pairs": (0, 100_000),
    "rate": (0.001, 1000),
    "rows": (1, 100),
    "seconds": (0.001, 3600),
    "seed": (0, 2**31 - 1),
    "seeds": (1, 100),
    "steps": (1, 1_000_000_000),
    "synthetic": (0, 1_000_000),
    "threads": (0, 1024),
    "width": (1, 16384),
    "workers": (1, 256),
    "workspace_mib": (0, 1 << 20),
}
"""Argument -> least and most allowed. One name means the same in every verb."""


def check_numbers(arguments: argparse.Namespace) -> None:
    """Refuse the first number that is out of its range.

    Raises:
        DataError: it says which, and what is allowed.
    """
    for name, (least, most) in _RANGES.items():
        value = getattr(arguments, name, None)
        if value is not None and not least <= value <= most:
            raise DataError(f"--{name.replace('_', '-')} {value}; allowed: {least:,} to {most:,}")
