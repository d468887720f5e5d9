# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Errors with a cause outside the program (system, memory, input) in one sentence; others are faults of the program."""

from __future__ import annotations

import errno
import os

from fusion_perception.errors import FusionPerceptionError, require
from fusion_perception.text import printable

NEXT_STEP = {
    errno.EACCES: "make it accessible, or give another place",
    errno.EDQUOT: "free some of your quota, or give a place on another disk",
    errno.EFBIG: "raise the limit of the size of files (ulimit -f), or give another place",
    errno.EISDIR: "it is a folder; give the name of a file",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.ENOENT: "check the name",
    errno.ENOSPC: "free some space, or give a place on another disk",
    errno.ENOTDIR: "one of the folders in its path is a file; check the path",
    errno.EPERM: "make it accessible, or give another place",
    errno.EROFS: "this file system is read-only; give another place",
}
"""Number of a system error -> what to do about it."""

# How libraries say that memory was refused; all in lower case.
_MEMORY = ("bad_alloc", "can't allocate memory", "cannot allocate memory", "insufficient memory", "out of memory")


def explain(error: BaseException) -> str | None:
    """Return what to tell the user about an error in one line, or None if it is a fault of the program."""
    if isinstance(error, FusionPerceptionError):
        return str(error)
    if isinstance(error, MemoryError) or is_out_of_memory(error):
        detail = f" ({printable(error)})" if str(error) else ""
        return f"there is not enough memory{detail}; use smaller images or fewer threads, or end other programs"
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, ImportError) and not (error.name or "").startswith("fusion_perception"):
        return _package(error)
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether a library says with this error that it got no memory."""
    text = str(error).lower() if isinstance(error, Exception) else ""
    return any(words in text for words in _MEMORY)


def _system(error: OSError) -> str:
    step = NEXT_STEP.get(error.errno or 0, "")
    reason = error.strerror or str(error) or type(error).__name__
    names = [printable(os.fsdecode(name)) for name in (error.filename, error.filename2) if _is_name(name)]
    return printable(f"{' and '.join(names)}{': ' if names else ''}{reason}{'; ' if step else ''}{step}", 1000)


def _is_name(name: object) -> bool:
    return isinstance(name, (str, bytes)) and bool(name)


def _package(error: ImportError) -> str:
    # Private modules are parts of a package that is there, but damaged or short of memory.
    if error.name and not error.name.startswith("_"):
        try:
            require(error.name, "this")
        except FusionPerceptionError as missing:
            return str(missing)
    return f"a package cannot be imported: {printable(error)}; install it again"
