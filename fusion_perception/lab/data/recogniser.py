# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which layout a folder is in: the only place that decides it, for every verb that takes a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_files import some
from fusion_perception.lab.data.layouts import (
    LAYOUTS,
    SPLIT,
    TWO_FOLDERS,
    Layout,
    find_folder,
    fitting_layout,
    get_layout,
)
from fusion_perception.lab.data.pair_folders import folders_below

AUTO = "auto"
_DEFAULT_SPLITS = ("test", "val")  # what is taken where splits are folders and none is named


@dataclass(frozen=True)
class Recognised:
    """What a folder was found to be.

    Attributes:
        root: folder of the data set: the one that was named, the one above it (if a split was named), or one below.
        layout: its layout.
        split: the split whose folder was named, or ``""``.
        sequences: folders below ``root`` that are in the layout, ``("",)`` for ``root`` itself.
    """

    root: Path
    layout: Layout
    split: str = ""
    sequences: tuple[str, ...] = ("",)

    @property
    def default_split(self) -> str:
        """The split folder that is taken if none is named; ``""`` where splits are no folders."""
        there = self.layout.split_folders(self.root)
        return self.split or next((name for name in (*_DEFAULT_SPLITS, *there) if name in there), "")


def recognise(folder: Path, name: str = AUTO) -> Recognised:
    """Return what a folder is: a data set, a split of one, a folder around one, or the sequences of a recording.

    Args:
        folder: what the user named.
        name: the layout that it has to be in, or ``"auto"``.

    Raises:
        DataError: it is missing, or in none of the layouts: the message has the nearest one and what is missing.
    """
    layouts = LAYOUTS if name == AUTO else (get_layout(name),)
    if not folder.is_dir():
        raise DataError(f"no folder {folder} (looked from {Path.cwd()}); give the folder of a data set")
    layout = fitting_layout(folder, layouts)
    if layout is not None and layout.source != TWO_FOLDERS:
        return Recognised(folder, layout)
    own = folder.resolve()
    for parents in layouts:
        if parents.by_folder and parents.rgb.startswith(f"{SPLIT}/") and own.name in parents.split_folders(own.parent):
            return Recognised(folder.parent if folder.name == own.name else own.parent, parents, own.name)
    return Recognised(folder, layout) if layout is not None else _below(folder, layouts)


def _below(folder: Path, layouts: tuple[Layout, ...]) -> Recognised:
    found = {path: fitting_layout(path, layouts) for path in folders_below(folder, layouts)}
    kinds = [layout for layout in dict.fromkeys(found.values()) if layout is not None]
    if not kinds:
        raise DataError(_nearest(folder, layouts))
    paths = list(found)
    if len(paths) == 1:
        return Recognised(paths[0], kinds[0])
    if len(kinds) == 1 and not kinds[0].by_folder and not kinds[0].packed:
        root = Path(os.path.commonpath(paths))
        return Recognised(root, kinds[0], sequences=tuple(path.relative_to(root).as_posix() for path in paths))
    names = some([f"{path} ({layout.name})" for path, layout in found.items() if layout is not None])
    raise DataError(f"{folder}: it holds {len(paths)} data sets: {names}; name one of them")


def _nearest(folder: Path, layouts: tuple[Layout, ...]) -> str:
    """Return the sentence about a folder that is in no layout."""
    best, most = "", 0.0
    for layout in layouts:
        for split in layout.splits if layout.by_folder else ("",):
            wanted = dict.fromkeys(layout.folders(split)[:2])
            share = sum(find_folder(folder, name) is not None for name in wanted) / (
                len(wanted) + bool(layout.name_map)
            )
            if share > most:
                missing = "; ".join(layout.missing(folder, split))
                best, most = f"; nearest is {layout.name} ({layout.source}), which lacks: {missing}", share
    known = "; ".join(_shown(layout) for layout in layouts)
    return (
        f"{folder}: none of the known layouts{best}. Arrange pairs as 'vi' (RGB) and 'ir' (thermal) with files of the "
        f"same names, or as one of: {known}"
    )


def _shown(layout: Layout) -> str:
    rgb, thermal, _ = layout.folders("train")
    if layout.packed:
        return f"{layout.name}: '{rgb}' with four channels"
    if rgb == thermal:
        return f"{layout.name}: '{rgb}' with NAME{layout.endings[0]} and NAME{layout.endings[1]}"
    return f"{layout.name}: '{rgb}' and '{thermal}'" + (f", {layout.name_map}" if layout.name_map else "")
