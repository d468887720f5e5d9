# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which files a bag consists of, with its metadata.yaml or without."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from fusion_perception.bags.bag_limits import open_zstd
from fusion_perception.bags.mcap_file import McapFile
from fusion_perception.bags.ros1_file import Ros1File
from fusion_perception.bags.sqlite_file import SqliteFile
from fusion_perception.bags.storage import MCAP_MAGIC, ROS1_MAGIC, SQLITE_MAGIC, ZSTD_MAGIC, Storage
from fusion_perception.errors import DataError, require
from fusion_perception.text import printable

METADATA = "metadata.yaml"
_FILE_NAME = re.compile(r"(?!\.).*\.(mcap|db3|bag|bag\.active)(\.zstd|\.zst)?", re.IGNORECASE | re.DOTALL)
_ROS1_NAME = re.compile(r".*\.bag(\.active)?(\.zstd|\.zst)?", re.IGNORECASE | re.DOTALL)
_MOST_METADATA = 10_000_000  # bytes
_BLOCK = 1 << 20


@dataclass(frozen=True)
class BagFiles:
    """The files of a bag, in the order of their names.

    Attributes:
        path: what the user named.
        files: the files.
        damage: sentences about what is missing.
    """

    path: Path
    files: tuple[Path, ...]
    damage: tuple[str, ...] = ()


def is_bag(path: Path) -> bool:
    """Whether a path looks like a bag: a file of one (mcap, db3, bag), or a folder with such files or metadata.yaml."""
    if path.is_dir():
        return (path / METADATA).is_file() or bool(_files_in(path))
    return path.is_file() and (_FILE_NAME.fullmatch(path.name) is not None or _magic(path).startswith(ROS1_MAGIC))


def why_not_played(path: Path) -> str:
    """Return why ``ros2 bag play`` cannot play what is at a path, by names and first bytes; empty where it may."""
    if not is_bag(path):
        return "is no bag"
    files = [path] if path.is_file() else _files_in(path)
    if files and all(_magic(file).startswith(ROS1_MAGIC) for file in files):
        return "is a bag of ROS 1"
    if path.is_dir() and not (path / METADATA).is_file():
        return f"has no {METADATA}"
    return ""


def find_files(path: Path) -> BagFiles:
    """Return the files of a bag: those in the folder, and what its metadata.yaml misses.

    Raises:
        DataError: there are none.
    """
    if not path.exists():
        raise DataError(f"there is no bag {path} (looked from {Path.cwd()})")
    if not path.is_dir():
        return BagFiles(path, (path,))
    files = _files_in(path)
    damage: list[str] = []
    if (path / METADATA).is_file():
        try:
            listed = _listed(path / METADATA)
        except DataError as error:
            damage.append(f"{error}; the files of the folder are read without it")
            listed = []
        have = {file.name for file in files}
        more = [path / name for name in listed if name not in have and (path / name).is_file()]
        files = sorted((*files, *more), key=_natural)
        missing = [name for name in listed if name not in {_unpacked_name(file.name) for file in files} | have]
        if missing:
            damage.append(f"{len(missing)} of its files are not there: {_some(missing)}")
    elif not all(_ROS1_NAME.fullmatch(file.name) for file in files):  # ROS 1 has none
        damage.append(f"it has no {METADATA} (the recorder was killed?); the files of the folder are read without it")
    if not files:
        bags = sorted(item.name for item in path.iterdir() if item.is_dir() and is_bag(item))
        holds = f"; it holds folders with bags: {_some(bags)}; name one of them" if bags else ""
        raise DataError(f"{path} has no mcap, db3 or bag file{holds}")
    return BagFiles(path, tuple(files), tuple(damage))


def open_storage(path: Path, scratch: Path) -> Storage:
    """Open one file by what is in it, not by its name.

    Args:
        path: the file.
        scratch: folder for a file that has to be unpacked.

    Raises:
        DataError: it is none that can be read.
    """
    magic = _magic(path)
    if magic.startswith(ZSTD_MAGIC):
        path = _unpacked(path, scratch)
        magic = _magic(path)
    if magic.startswith(MCAP_MAGIC):
        return McapFile(path)
    if magic.startswith(SQLITE_MAGIC):
        return SqliteFile(path)
    if magic.startswith(ROS1_MAGIC):
        return Ros1File(path)
    if not magic:
        raise DataError(f"{path} is empty")
    raise DataError(f"{path} cannot be opened as a bag: it begins like no mcap, sqlite or ROS 1 file")


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for files that have to be unpacked."""
    return tempfile.TemporaryDirectory(prefix="fusion-perception-bag-")


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _files_in(folder: Path) -> list[Path]:
    try:
        found = [item for item in folder.iterdir() if _FILE_NAME.fullmatch(item.name) and item.is_file()]
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror or error}") from error
    names = {item.name for item in found}
    # A file beside its own packed copy, or beside what 'rosbag reindex' has kept of it, is one file.
    copies = {name for name in names if _unpacked_name(name) in names - {name} or _original_of(name) in names}
    return sorted((item for item in found if item.name not in copies), key=_natural)


def _unpacked_name(name: str) -> str:
    return re.sub(r"\.zstd?$", "", name)


def _original_of(name: str) -> str:
    """Return the name of the bag that a copy by rosbag of ROS 1 stands beside; empty for any other file."""
    base, found, _ = name.rpartition(".orig.bag")
    return f"{base}.bag" if found else ""


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    """The key by which bag_2 comes before bag_10."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"([0-9]+)", path.name)]


def _listed(metadata: Path) -> list[str]:
    """Return the names of the files that a metadata.yaml lists, without their folders."""
    yaml: Any = require("ruamel.yaml", "reading bags")
    try:
        if metadata.stat().st_size > _MOST_METADATA:
            raise DataError(f"{METADATA} has {metadata.stat().st_size} bytes; allowed: {_MOST_METADATA}")
        document = yaml.YAML(typ="safe", pure=True).load(metadata.read_text(encoding="utf-8", errors="replace"))
        paths = document["rosbag2_bagfile_information"]["relative_file_paths"]
        return [PurePath(str(item)).name for item in paths]
    except DataError:
        raise
    except Exception as error:  # the library raises what its parser stumbled over
        raise DataError(f"{METADATA} cannot be read ({type(error).__name__})") from error


def _unpacked(path: Path, scratch: Path) -> Path:
    """Unpack a file into a folder, as long as there is room."""
    target = scratch / f"{len(list(scratch.iterdir()))}-{path.stem}"
    room = shutil.disk_usage(scratch).free // 2
    try:
        with open_zstd(path) as packed, target.open("wb") as file:
            while block := packed.read(_BLOCK):
                room -= len(block)
                if room < 0:
                    raise DataError(
                        f"there is no room in {scratch.parent} to unpack {path}; set TMPDIR to another place"
                    )
                file.write(block)
    except DataError:
        raise
    except Exception as error:  # the library of zstd has errors of its own; what was unpacked is read
        if not target.is_file() or not target.stat().st_size:
            raise DataError(f"{path} cannot be unpacked ({error})") from error
    return target


def _some(names: list[str]) -> str:
    shown = [printable(name, 60) for name in names[:3]]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
