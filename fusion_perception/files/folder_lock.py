# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A lock on a folder that two runs must not write at the same time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def lock_folder(folder: Path) -> int:
    """Lock the folder itself: no file is left behind, and the lock ends with the process, whatever ends it.

    Args:
        folder: one that exists.

    Returns:
        The handle that holds it, to be closed.

    Raises:
        BlockingIOError: another process has locked it.
        OSError: it cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:
        pass  # some network file systems lock no folders; what is written is still whole
    return handle
