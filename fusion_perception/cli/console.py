# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
r"""Standard output and error of the command line, as every ``print`` of a verb finds them.

What cannot be printed is spelled out (escape codes, lone surrogates, letters that the terminal's encoding lacks), so
that no ``print`` can raise for what it was given, and no text from outside can command the terminal. Line breaks are
let through, since every table has them: a text from outside goes through ``printable`` where it is put into a line.
"""

from __future__ import annotations

import contextlib
import os
import sys
from types import TracebackType
from typing import Any, TextIO, cast

from fusion_perception.errors import DataError
from fusion_perception.text import printable

_LAYOUT = frozenset("\n\r\t")


class ReaderGoneError(Exception):
    """Nobody reads standard output any more, as in ``fusion-perception info MODEL | head -1``."""


class Console:
    """Replaces ``sys.stdout`` and ``sys.stderr`` while a verb runs."""

    def __enter__(self) -> Console:
        self._before = sys.stdout, sys.stderr
        self._out = _Stream(sys.stdout, "standard output")
        sys.stdout = cast("TextIO", self._out)
        sys.stderr = cast("TextIO", _Stream(sys.stderr, ""))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sys.stdout, sys.stderr = self._before

    def flush(self) -> None:
        """Write what is buffered.

        Raises:
            ReaderGoneError: nobody reads it.
            DataError: it cannot be written.
        """
        self._out.flush()


class _Stream:
    """A text stream that takes every text; a name makes it raise when it cannot write, without one it keeps quiet."""

    def __init__(self, stream: TextIO | None, name: str) -> None:
        self._stream = stream
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._stream, attribute)

    def isatty(self) -> bool:
        """Return whether somebody watches."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write a text, made visible; returns the length of what was asked for."""
        if self._stream is not None:
            encoding = getattr(self._stream, "encoding", None) or "utf-8"
            try:
                self._stream.write(shown(text).encode(encoding, "backslashreplace").decode(encoding))
            except (OSError, ValueError) as error:
                self._failed(error)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write some texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what is buffered."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._failed(error)

    def _failed(self, error: OSError | ValueError) -> None:
        # What is still buffered would be tried again when Python ends, with a message of its own.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, cast("TextIO", self._stream).fileno())
            os.close(null)
        self._stream = None
        if not self._name:
            return
        if isinstance(error, BrokenPipeError):
            raise ReaderGoneError from error
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{self._name} cannot be written: {reason}") from error


def shown(text: str) -> str:
    """Return a text with its line breaks, tabs and returns, and everything else made visible."""
    if text.isprintable():
        return text
    return "".join(c if c in _LAYOUT or c.isprintable() else printable(c) for c in text)
