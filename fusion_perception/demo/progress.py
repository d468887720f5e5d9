# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One line that changes on a terminal, a line now and then in a log file."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from fusion_perception.text import printable

_LOG_PERIOD_S = 5.0
_BAR = 28


class Progress:
    """Shows what is being done and how far it is.

    Args:
        stream: where to write; standard output by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._live = self._stream.isatty()
        self._stage = ""
        self._text = ""
        self._printed = ""
        self._shown_s = 0.0

    def stage(self, name: str) -> None:
        """Begin a stage; the line of the one before stays."""
        self.end()
        self._stage, self._text, self._shown_s = printable(name, 60), "", 0.0

    def show(self, text: str, done: float | None = None) -> None:
        """Show the state of the stage.

        Args:
            text: the state in words.
            done: its share, 0 to 1, for a bar.
        """
        bar = ""
        if done is not None:
            filled = round(_BAR * min(1.0, max(0.0, done)))
            bar = "#" * filled + "." * (_BAR - filled) + " "
        self._text = f"{self._stage:<10} {bar}{printable(text)}"
        now = time.monotonic()
        if self._live:
            self._stream.write(f"\r\x1b[2K{self._text}")
            self._stream.flush()
        elif now - self._shown_s >= _LOG_PERIOD_S:
            self._print()

    def end(self) -> None:
        """Let the line stand as it is."""
        if not self._text:
            return
        if self._live:
            self._stream.write("\n")
            self._stream.flush()
        else:
            self._print()
        self._text = ""

    def _print(self) -> None:
        if self._text == self._printed:
            return
        self._printed = self._text
        self._shown_s = time.monotonic()
        self._stream.write(self._text + "\n")
        self._stream.flush()
