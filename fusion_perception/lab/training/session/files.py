# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: where stages write, what is handed over at the end, what may not be overwritten."""

from __future__ import annotations

from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.files.atomic_file import cannot_write, write_bytes
from fusion_perception.lab.training.trainer import BEST, LAST, STATE

RESULT, SUMMARY = "result.json", "summary.json"


def prepare_folder(out: Path, *, resume: bool) -> None:
    """Make the folder of a run.

    Args:
        out: the folder.
        resume: whether a training that lies there is to be continued.

    Raises:
        DataError: it cannot be a folder, or holds a training although none is to be continued: days of work must not
            go for a forgotten option.
    """
    if out.exists() and not out.is_dir():
        raise DataError(f"cannot write to {out}: it is a file; give the name of a folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out, error) from error
    states = [out / STATE, *sorted(out.glob(f"[0-9]*_*/{STATE}"))]
    found = next((path for path in states if path.is_file()), None)
    if found is not None and not resume:
        raise DataError(
            f"{out} holds a training already ({found.relative_to(out)}); continue it with --resume, "
            "or give another folder with --out"
        )


def stage_folder(out: Path, number: int, name: str) -> Path:
    """Return the folder of stage ``number`` (from 1); the run's own where the stage has no name."""
    return out / f"{number}_{name}" if name else out


def hand_over(folder: Path, out: Path) -> None:
    """Copy the weights of the last stage to where a user looks for them."""
    if folder != out:
        for name in (BEST, LAST):
            write_bytes(out / name, (folder / name).read_bytes())
