# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of pairs below a folder: one data set, or one for each sequence of a recording."""

from __future__ import annotations

from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_files import subfolders
from fusion_perception.lab.data.layouts import LAYOUTS, Layout

MAX_DEPTH = 3
"""How many folders deep sequences are looked for."""

MAX_FOLDERS = 10_000
"""Most folders that are looked into."""


def find_pair_folders(root: Path) -> list[Path]:
    """Return the folders in a known layout, sorted: ``root`` itself, or those nearest below it.

    Hidden folders and links are left out, and nothing is looked for inside of a folder that was found.

    Args:
        root: for example a folder with ``vi`` and ``ir``, or one with a folder of that kind for each sequence.

    Raises:
        DataError: the folder is missing or cannot be read, holds too many folders, or no pairs.
    """
    if not root.is_dir():
        raise DataError(f"no folder {root}; give a folder with 'vi' (RGB) and 'ir' (thermal), or one of such folders")
    found = folders_below(root)
    if not found:
        raise DataError(
            f"{root}: no pairs in it, nor in folders up to {MAX_DEPTH} below it; arrange pairs as 'vi' (RGB) and 'ir' "
            "(thermal) with files of the same names, or in another layout of docs/folders.md"
        )
    return found


def folders_below(root: Path, layouts: tuple[Layout, ...] = LAYOUTS) -> list[Path]:
    """Return what ``find_pair_folders`` does; an empty list if there are none.

    Raises:
        DataError: a folder cannot be read, or there are too many.
    """
    found: list[Path] = []
    level, seen = [root], 1
    for _ in range(MAX_DEPTH + 1):
        deeper: list[Path] = []
        for folder in level:
            if any(layout.fits(folder) for layout in layouts):
                found.append(folder)
            else:
                deeper += [path for path in subfolders(folder) if not path.is_symlink()]
        seen += len(deeper)
        if seen > MAX_FOLDERS:
            raise DataError(f"{root}: more than {MAX_FOLDERS} folders to look into; name the folders with the pairs")
        level = deeper
    return sorted(found)
