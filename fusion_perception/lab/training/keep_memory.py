# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that a training on a CPU keeps from one step to the next."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
"""Numbers of mallopt(3) in malloc.h of the GNU C library."""


def keep_freed_memory() -> bool:
    """Let the process keep what is freed, for the rest of its life.

    The GNU C library gives blocks of some MB back to the system as soon as they are freed, and every step of a training
    asks for the same ones again: each of their pages is then made anew, and filled with zeros.

    Returns:
        Whether that could be had: with the GNU C library on Linux.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    option.argtypes, option.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return bool(option(_MMAP_MAX, 0)) and bool(option(_TRIM_THRESHOLD, -1))
