# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Text in rows and columns, for the terminal and for the page."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.text import printable

NOTHING = "–"
"""Stands for a figure that cannot be said: an absent class, no boxes, an image too small."""


@dataclass(frozen=True)
class Table:
    """Text in rows and columns.

    Attributes:
        title: what it shows.
        columns: header, the first one above the row names.
        rows: cells, as many as columns.
        note: how to read it, or ``""``.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        """Make names from outside printable: of pairs, methods, classes."""
        object.__setattr__(self, "title", printable(self.title, 0))
        object.__setattr__(self, "columns", tuple(map(printable, self.columns)))
        object.__setattr__(self, "rows", tuple(tuple(map(printable, row)) for row in self.rows))
        object.__setattr__(self, "note", printable(self.note, 0))

    def text(self) -> str:
        """Return the table for a terminal: first column to the left, figures to the right."""
        widths = [max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        lines = [self.title]
        for row in (self.columns, *self.rows):
            first, *others = row
            cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
            lines.append("  ".join(("  " + first.ljust(widths[0]), *cells)).rstrip())
        if self.note:
            lines.append(f"  ({self.note})")
        return "\n".join(lines)

    def markdown(self) -> str:
        """Return the table as GitHub-flavoured Markdown under its title; a bar in a cell is escaped."""
        rule = "|---" + "|---:" * (len(self.columns) - 1) + "|"
        escaped = ([text.replace("|", r"\|") for text in row] for row in (self.columns, *self.rows))
        rows = [f"| {' | '.join(row)} |" for row in escaped]
        note = ["", f"({self.note})"] if self.note else []
        return "\n".join([f"**{self.title}**", "", rows[0], rule, *rows[1:], *note])


def cell(value: float | None, digits: int = 3) -> str:
    """Return a figure as text; None as a dash."""
    return NOTHING if value is None else f"{value:.{digits}f}"
