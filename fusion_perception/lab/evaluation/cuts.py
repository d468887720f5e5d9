# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where a new recording begins, in pairs that are sorted by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

_MAX_GAP = 4
"""A jump in the numbers of the names above this many times their median step is a cut, not motion."""


def find_cuts(names: Sequence[str]) -> set[int]:
    """Return the indices at which a new recording begins, read from numbers and day or night in the names.

    Args:
        names: names in order.

    Returns:
        Indices i for which frame i does not follow frame i - 1; a name without a number is never a cut.
    """
    numbers = [int(m[-1]) if (m := re.findall(r"\d+", name)) else None for name in names]
    steps = [b - a if a is not None and b is not None else None for a, b in pairwise(numbers)]
    known = [step for step in steps if step is not None]
    limit = _MAX_GAP * max(1.0, float(np.median(known))) if known else np.inf
    return {
        i + 1
        for i, step in enumerate(steps)
        if (step is not None and not 0 < step <= limit) or names[i][-1:] + names[i + 1][-1:] in {"DN", "ND"}
    }
