# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Places to write to, judged before the work and not after it."""

from __future__ import annotations

import os
from pathlib import Path

from fusion_perception.errors import DataError


def check_file(path: Path, *, make_folders: bool = True) -> None:
    """Refuse a path that no file can be written to.

    Args:
        path: of the file; one that exists will be overwritten.
        make_folders: the writer makes missing folders; False demands that the folder is there.

    Raises:
        DataError: it is a folder, there is no folder to write it to, or that must not be written.
    """
    _check(path, make_folders, want_folder=False)


def check_folder(path: Path, *, make_folders: bool = True) -> None:
    """Refuse a path that cannot be a folder to write files to; see ``check_file``."""
    _check(path, make_folders, want_folder=True)


def _check(path: Path, make_folders: bool, want_folder: bool) -> None:
    place = path.absolute()
    try:
        if place.exists() and place.is_dir() != want_folder:
            found, wanted = ("file", "folder") if want_folder else ("folder", "file")
            raise DataError(f"cannot write {path}: it is a {found}; give the name of a {wanted}")
        if not make_folders and not place.parent.is_dir():
            raise DataError(f"cannot write {path}: there is no folder {place.parent}; make it first")
        if not place.exists():
            place = next(parent for parent in place.parents if parent.exists())
            if not place.is_dir():
                raise DataError(f"cannot write {path}: {place} is a file; give another place")
        if not os.access(place, os.W_OK):
            raise DataError(f"cannot write {path}: no permission for {place}; give another place")
    except OSError as error:  # a folder above that must not even be looked into, a name that is too long
        raise DataError(f"cannot write {path}: {error}; give another place") from error
