# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Times of messages, kept on disk so that a long recording takes no more memory than a short one."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_ROW = struct.Struct("=qq")


class StampFile:
    """A growing table of two columns of int64: header stamp and time of publication, both in nanoseconds.

    Args:
        path: the file; an older one is overwritten.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")

    def append(self, stamp_ns: int, published_ns: int) -> None:
        """Add one row."""
        self._file.write(_ROW.pack(stamp_ns, published_ns))

    def columns(self) -> tuple[list[int], list[int]]:
        """Return both columns, from the first row to the last."""
        self._file.flush()
        table = np.fromfile(self._path, np.int64).reshape(-1, 2)
        return table[:, 0].tolist(), table[:, 1].tolist()

    def close(self) -> None:
        """Close and remove the file."""
        try:
            self._file.close()
        finally:
            self._path.unlink(missing_ok=True)
