# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A fault of this program: where it happened goes to a file, how to report it to the user."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

from fusion_perception import __version__
from fusion_perception.explanation import explain
from fusion_perception.text import printable


def write_fault(error: BaseException) -> str:
    """Write the traceback of an error to a new file in the folder for temporary files.

    Returns:
        One sentence: what happened, and what to send to whom.
    """
    import platform
    import tempfile
    import traceback

    what = printable(f"{type(error).__name__}: {printable(error, 300)}", 400)
    try:
        handle, path = tempfile.mkstemp(prefix="fusion-perception-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"fusion_perception {__version__}, Python {sys.version}, {platform.platform()}\n")
            file.write(f"{' '.join(map(ascii, sys.argv))}\n\n")
            file.writelines(traceback.format_exception(error))
        where = f"the traceback is in {path}"
    except OSError as full:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"it came from {last.filename}, line {last.lineno} (no file for the traceback: {printable(full)})"
    return f"a fault of this program, {what}; please report it with your command and its input; {where}"


@contextlib.contextmanager
def background_errors() -> Iterator[None]:
    """Say errors of threads and of finalizers in one line each too, once; Python would print their tracebacks."""
    said: set[str] = set()

    def say(error: BaseException | None) -> None:
        if error is None or isinstance(error, (KeyboardInterrupt, SystemExit)):
            return
        sentence = explain(error)
        if sentence is None:
            sentence = write_fault(error)
        if sentence not in said:
            said.add(sentence)
            print(f"fusion-perception: in the background: {sentence}", file=sys.stderr)

    before = threading.excepthook, sys.unraisablehook
    threading.excepthook = lambda found: say(found.exc_value)
    sys.unraisablehook = lambda found: say(found.exc_value)
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before
