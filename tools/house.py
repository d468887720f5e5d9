# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The size of the floors, the files that are too long, and which room imports which.

``python tools/house.py`` prints it for the checkout that it lies in. Needs import-linter, as ``make lint`` does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "fusion_perception"
LONGEST = 300
"""Lines of a file from which on it needs a reason."""

_APART = ("lab", "demo")  # floors whose rooms are told one by one


def room_of(module: str) -> str:
    """Return the room of a module of the package, for example ``sync`` or ``lab.nets``; a file may be a room."""
    parts = module.split(".")[1:]
    return ".".join(parts[: 2 if parts[:1] and parts[0] in _APART else 1])


def floor_of(path: Path) -> str:
    """Return the floor of a file, given its path inside the package."""
    return path.parts[0] if path.parts[0] in {*_APART, "cli"} else "runtime"


def sizes(root: Path) -> dict[Path, int]:
    """Return the number of lines of every source file of the package, by path inside it."""
    package = root / PACKAGE
    found = sorted(package.rglob("*.py"))
    return {path.relative_to(package): len(path.read_text(encoding="utf-8").splitlines()) for path in found}


def floors(lines: dict[Path, int]) -> dict[str, tuple[int, int]]:
    """Return the number of files and of lines of every floor."""
    totals = dict.fromkeys(("runtime", "lab", "demo", "cli"), (0, 0))
    for path, number in lines.items():
        files, sum_ = totals[floor_of(path)]
        totals[floor_of(path)] = (files + 1, sum_ + number)
    return totals


def imports() -> dict[str, set[str]]:
    """Return which other rooms each room imports, late imports included; the package has to be importable."""
    import grimp

    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    rooms: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        importer = room_of(module)
        imported = {room_of(found) for found in graph.find_modules_directly_imported_by(module)}
        rooms.setdefault(importer, set()).update(imported - {importer, ""})
    rooms.pop("", None)
    return rooms


def report(root: Path = ROOT) -> Iterator[str]:
    """Yield the lines of the report."""
    lines = sizes(root)
    for floor, (files, number) in floors(lines).items():
        yield f"{floor:8} {files:4} files {number:6} lines"
    long = {path: number for path, number in lines.items() if number > LONGEST}
    yield f"longer than {LONGEST} lines: " + (
        ", ".join(f"{path} ({number})" for path, number in long.items()) or "none"
    )
    for room, imported in imports().items():
        if imported:
            yield f"{room} -> {', '.join(sorted(imported))}"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for line in report():
        print(line)
