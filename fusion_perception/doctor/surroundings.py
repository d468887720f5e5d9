# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where checks look: the file system, the environment, and programs; a test gives its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 60.0
"""For a program, by default: a busy machine takes long to start one."""

Run = Callable[[Sequence[str], float], "Output"]


@dataclass(frozen=True)
class Output:
    """What a program has printed.

    Attributes:
        status: its exit status; None where it could not be started or did not end in time.
        out: standard output.
        err: standard error.
    """

    status: int | None
    out: str = ""
    err: str = ""

    @property
    def last_words(self) -> str:
        """The last line that it wrote, where programs say what went wrong."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"


def run_program(command: Sequence[str], patience_s: float = PATIENCE_S) -> Output:
    """Run a program to its end, or until patience ends."""
    try:
        result = subprocess.run(
            list(command),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Output(None, err=f"it did not end within {patience_s:g} s")
    except OSError as error:
        return Output(None, err=str(error))
    return Output(result.returncode, result.stdout, result.stderr)


@dataclass(frozen=True)
class Surroundings:
    """The machine.

    Attributes:
        root: where ``proc``, ``sys`` and ``dev`` are.
        environment: variables.
        run: runs a program.
    """

    root: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    run: Run = run_program

    def text(self, path: str) -> str:
        """Return what a file below the root says, without white space around it; nothing where it cannot be read."""
        try:
            return (self.root / path).read_text("utf-8", errors="replace").strip("\0 \n")
        except OSError:
            return ""
