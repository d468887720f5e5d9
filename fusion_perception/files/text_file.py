# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Reading texts that others wrote: lists of names, JSON documents."""

from __future__ import annotations

import codecs
from pathlib import Path

MOST_BYTES = 64 << 20
"""Longest text that is read; the annotations of 100,000 images have a tenth of it."""


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, with or without a byte order mark, or of a UTF-16 file with one.

    Raises:
        OSError: it cannot be read.
        ValueError: it is neither, or longer than ``MOST_BYTES`` (a device never ends).
    """
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES >> 20} MiB")
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # PowerShell writes it
    return data.decode("utf-16" if is_utf16 else "utf-8-sig")
