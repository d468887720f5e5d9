# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The parameter tables of docs/parameters.md, from the tables that the nodes declare.

``python -m tools.parameter_tables docs/parameters.md`` brings a file up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.ros.parameter_spec import ParameterSpec
from fusion_perception.ros.parameters import FUSION_PARAMETERS
from tools.marked_tables import with_tables

TABLES: dict[str, tuple[ParameterSpec, ...]] = {"fusion_node": FUSION_PARAMETERS, "replay_node": REPLAY_PARAMETERS}
"""Name in the markers ``<!-- parameters NAME -->`` and ``<!-- end -->`` -> table."""

_LARGE = 1e5  # from here on, numbers are written out


def markdown_table(specs: Sequence[ParameterSpec]) -> str:
    """Return a Markdown table: one row per parameter with default, allowed values and description."""
    rows = ["| parameter | default | allowed | meaning |", "|---|---|---|---|"]
    for spec in specs:
        rows.append(f"| `{spec.name}` | {_value(spec.default)} | {_allowed(spec)} | {spec.full_description} |")
    return "\n".join(rows)


def updated(text: str) -> str:
    """Return a document with all its tables brought up to date.

    Raises:
        DataError: a table has no place in the document.
    """
    return with_tables(text, "parameters", {name: markdown_table(specs) for name, specs in TABLES.items()})


def _value(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f"{item:g}" for item in value) + "]`"
    return f"`{value}`" if value != "" else "empty"


def _allowed(spec: ParameterSpec) -> str:
    if spec.choices:
        return ", ".join(f"`{choice}`" for choice in spec.choices)
    if spec.range is not None:
        return " to ".join(f"{bound:.0f}" if abs(bound) >= _LARGE else f"{bound:g}" for bound in spec.range)
    return "true, false" if isinstance(spec.default, bool) else "any"


def main() -> int:
    """Bring the file named on the command line up to date."""
    path = Path(sys.argv[1])
    path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
