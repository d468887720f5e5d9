# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Paths as users write them."""

from __future__ import annotations

from pathlib import Path

from fusion_perception.errors import DataError


def user_path(text: str | Path) -> Path:
    """Return a path with ``~`` and ``~name`` written out.

    Raises:
        DataError: that home folder is not known.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise DataError(f"the home folder in '{text}' is not known; write the path out") from error
