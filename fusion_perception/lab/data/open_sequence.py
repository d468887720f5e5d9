# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The one way to open any sequence of pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.sequence import ImageSequence
from fusion_perception.lab.streets import SyntheticSequence

SYNTHETIC = "synthetic"


def open_sequence(source: str | Path, **options: Any) -> ImageSequence:
    """Open a sequence of pairs.

    Args:
        source: ``"synthetic"`` for rendered scenes, else a folder in a known layout.
        **options: passed on to ``SyntheticSequence`` or ``PairDataset``.

    Raises:
        DataError: the folder is missing or unusable.
    """
    if str(source) == SYNTHETIC:
        return SyntheticSequence(**options)
    if not Path(source).is_dir():
        raise DataError(f"no sequence '{source}'; give '{SYNTHETIC}' or a folder with 'vi' and 'ir'")
    return PairDataset(source, **options)
