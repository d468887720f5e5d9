# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: files are made in a folder of their own, and moved beside the user's when they are complete."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from fusion_perception.errors import DataError
from fusion_perception.files.atomic_file import cannot_write
from fusion_perception.files.folder_lock import lock_folder

SCRATCH = ".demo-"
"""How the folders begin in which unfinished runs lie; a run that was killed leaves one behind."""

LOG = "log"
"""Folder of the log files."""

_PROBE_BYTES = 1_000_000  # room that must be there at the start; a run needs more
_SUMMARY, _FILES = "summary.json", "files"


class Workspace:
    """A new folder inside the user's one, which is locked meanwhile: two runs would replace one another's files.

    What is in the user's folder stays as it is until ``publish`` replaces the files of this run's names, each at once.
    At the end nothing is deleted but the new folder. It lies inside the user's one, because a file can be moved at once
    only within a file system.

    Args:
        target: the user's folder; made when it is missing.
        outputs: names of the files that a run may make.

    Raises:
        DataError: on entering: the folder cannot be written, is in use, or has a folder where a file shall be.
    """

    def __init__(self, target: Path, outputs: Sequence[str]) -> None:
        self.target = target
        self.folder = target  # until it is entered
        self._outputs = tuple(outputs)
        self._made_target = False
        self._lock = -1

    @property
    def logs(self) -> Path:
        """Where log files are written; they end up in the folder ``log`` of the target, whatever happens."""
        return self.folder / LOG

    @property
    def published_logs(self) -> Path:
        """Where log files end up."""
        return self.target / LOG

    def left_by_others(self) -> list[Path]:
        """Return the folders that earlier runs left behind because they were killed."""
        return sorted(path for path in self.target.glob(f"{SCRATCH}*") if path != self.folder)

    def publish(self) -> list[str]:
        """Put the finished files in their places, and remove those of the run before that this run did not make.

        Returns:
            The names of all files that were made.
        """
        made = [name for name in self._outputs if (self.folder / name).is_file()]
        try:
            for name in self._made_before():
                if name not in made:
                    (self.target / name).unlink(missing_ok=True)
            for name in made:
                (self.folder / name).replace(self.target / name)
        except OSError as error:
            raise cannot_write(self.target, error) from error
        return made

    def __enter__(self) -> Workspace:
        try:
            self._made_target = not self.target.exists()
            self.target.mkdir(parents=True, exist_ok=True)
            self._lock = self._lock_target()
            self._check_places()
            self.folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=self.target))
            self.logs.mkdir()
            probe = self.folder / "probe"
            probe.write_bytes(bytes(_PROBE_BYTES))
            probe.unlink()
        except OSError as error:
            self._leave()
            raise cannot_write(self.target, error) from error
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        """Keep the log files, remove the new folder, unlock."""
        if self.folder != self.target:
            with contextlib.suppress(OSError):  # they are of little use on a disk that cannot take their names
                self._keep_logs()
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._made_target:
            with contextlib.suppress(OSError):
                self.target.rmdir()  # only if it is empty
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _keep_logs(self) -> None:
        for log in sorted(self.logs.iterdir()):
            self.published_logs.mkdir(exist_ok=True)
            log.replace(self.published_logs / log.name)

    def _lock_target(self) -> int:
        try:
            return lock_folder(self.target)
        except BlockingIOError:
            raise DataError(
                f"another demonstration writes to '{self.target}'; wait until it has ended, or give another folder"
            ) from None

    def _check_places(self) -> None:
        """Refuse, before the work and not after it, what could not be put in its place."""
        for name in self._outputs:
            if (self.target / name).is_dir():
                raise DataError(f"cannot write {self.target / name}: it is a folder; give another place")
        if self.published_logs.exists() and not self.published_logs.is_dir():
            raise DataError(f"cannot write {self.published_logs}: it is a file; give another place")

    def _made_before(self) -> list[str]:
        """Return the files that the run before says it has made, as far as they are names of ours."""
        try:
            files = json.loads((self.target / _SUMMARY).read_text(encoding="utf-8"))[_FILES]
            return [name for name in files if name in self._outputs]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return []  # no run before, or a file of another origin
