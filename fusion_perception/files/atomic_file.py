# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Files that are written whole or not at all.

Every file of a user that this package writes is written here: to a temporary file beside the target, which is synced
and then renamed over it. A full disk, Ctrl-C or a lost power supply leaves the old file as it was, or none; of two
runs that write the same file, the one that ends last wins. Why it cannot be written is said in one sentence.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError
from fusion_perception.explanation import NEXT_STEP

_NAME_BYTES = 200
"""Bytes of the target's name that the name of its temporary file repeats; 255 is the most of a whole name."""


def write_bytes(path: Path, *parts: bytes | memoryview) -> None:
    """Write a file, whole or not at all; missing folders are made.

    Args:
        path: the file; one that exists is replaced, a device or a pipe is written to.
        parts: what it shall hold.

    Raises:
        DataError: it cannot be written; nothing of it is left behind.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        for part in parts:
            file.write(part)


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, as ``write_bytes`` does; what UTF-8 cannot say (a lone surrogate) is spelled out."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, document: Any, *, indent: int | None = 1) -> None:
    """Write a document as JSON in the order it was made; infinite and undefined numbers are refused.

    Raises:
        DataError: it cannot be written, see ``write_bytes``.
        ValueError: a number is infinite or undefined.
    """
    write_text(path, json.dumps(document, indent=indent, allow_nan=False) + "\n")


def write_image(path: Path, image: NDArray[np.uint8], *, quality: int = 95) -> None:
    """Write an (H, W, 3) uint8 RGB or an (H, W) grey image as what the name ends in.

    Args:
        path: the file, for example ``*.png`` or ``*.jpg``.
        image: the picture.
        quality: of a JPEG, 0 to 100.

    Raises:
        DataError: it cannot be written, or there is no such format.
    """
    import cv2  # not every user of this module has images

    picture = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    if not path.suffix.isascii():  # a byte that is no UTF-8 ends the process in OpenCV
        raise DataError(f"{path}: OpenCV cannot write this format; use .png or .jpg")
    # OpenCV complains on the terminal of an option that the format does not know.
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix.lower() in {".jpg", ".jpeg"} else []
    try:
        done, data = cv2.imencode(path.suffix, picture, options)
    except cv2.error as error:
        raise DataError(f"{path}: OpenCV cannot write this format ({error}); use .png or .jpg") from error
    if not done:
        raise DataError(f"{path}: the picture cannot be encoded; use .png or .jpg")
    write_bytes(path, data.tobytes())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path for a library to write to; it becomes ``path`` if the block ends without an error.

    Args:
        path: the file to write; missing folders are made. A device or a pipe is written to, not replaced.

    Yields:
        An empty file beside it, of the same ending, with the permissions that the target has or will have.

    Raises:
        DataError: an ``OSError`` came up, in the block or here.
    """
    try:
        # Through a symbolic link: what it points to is replaced, the link stays.
        target = Path(os.path.realpath(path))
        with _temporary(target) as temporary:
            yield temporary
            _sync(temporary)
            if _is_special(target):
                with temporary.open("rb") as source, target.open("wb") as device:
                    shutil.copyfileobj(source, device)
            else:
                temporary.replace(target)
                _sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> DataError:
    """Return the error to raise for a file that cannot be written: what, why, and the next step."""
    step = NEXT_STEP.get(error.errno or 0, "give another place")
    return DataError(f"cannot write {path}: {error.strerror or error}; {step}")


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Make an empty file beside the target, and remove it if it is still there at the end."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if _is_special(target):
        handle, name = tempfile.mkstemp(suffix=target.suffix)
        temporary = Path(name)
    else:
        if target.parent.exists() and not target.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{target.parent} is a file")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = _open_beside(target)
    os.close(handle)
    try:
        if target.is_file():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _open_beside(target: Path) -> tuple[int, Path]:
    """Open a new file of a name that nobody else uses; its permissions follow the umask, unlike mkstemp's."""
    stem = os.fsdecode(os.fsencode(target.stem)[:_NAME_BYTES])
    while True:
        temporary = target.with_name(f".{stem}.{secrets.token_hex(6)}{target.suffix[:20]}")
        with contextlib.suppress(FileExistsError):
            return os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o666), temporary


def _is_special(path: Path) -> bool:
    """Return whether a path is a device, a pipe or a socket."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    # The file is whole already; some file systems cannot sync a folder.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
