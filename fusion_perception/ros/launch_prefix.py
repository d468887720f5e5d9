# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How launch starts a node, so that Ctrl-C is not lost on an interpreter that is still starting."""

from __future__ import annotations

import subprocess
from functools import cache

_HOLD = ("env", "--block-signal=INT", "--block-signal=TERM")
_PATIENCE_S = 5.0


@cache
def signals_held_back() -> str:
    """Return the command that starts a program with SIGINT and SIGTERM held back, or an empty text.

    Until Python has started, a signal ends the process with a traceback or a status of its own, whatever the program
    does later. Held back, it waits until StopSignals lets it through. The ``env`` of GNU can do that, from 8.31 on.
    """
    try:
        done = subprocess.run([*_HOLD, "true"], capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return " ".join(_HOLD) if done.returncode == 0 else ""
