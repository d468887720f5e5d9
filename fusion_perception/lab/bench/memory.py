# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Peak memory of a piece of work, by the counters of the Linux kernel."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import re
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def _counter(name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return int(match.group(1)) << 10 if match else 0


class PeakMemory:
    """Measures how far the resident memory of this process rises above where it was at the start.

    Freed memory is handed back first, so that a case does not live on what the one before has left.
    """

    def __init__(self) -> None:
        self._start: int | None = None
        if not sys.platform.startswith("linux"):
            return
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)  # glibc alone has it
        try:
            _CLEAR.write_text("5")  # resets the high-water mark, see proc_pid_clear_refs(5)
            self._start = _counter("VmRSS")
        except OSError:
            return

    def bytes_above_start(self) -> int | None:
        """Return the peak so far above the start, or None where the kernel does not tell."""
        return None if self._start is None else max(_counter("VmHWM") - self._start, 0)
