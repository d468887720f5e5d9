# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which pairs of a source the calibration looks at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def spread(length: int, number: int) -> Sequence[int]:
    """Return numbers of at most so many items, evenly over a sequence."""
    return [int(k) for k in np.unique(np.linspace(0, length - 1, min(length, number)).round())] if length else []
