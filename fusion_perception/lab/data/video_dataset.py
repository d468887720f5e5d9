# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Videos without masks as one data set: consecutive frames of one or more recordings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.data.sequence import RGB_FOLDER, THERMAL_FOLDER, PairSequence
from fusion_perception.lab.data.video_marks import VideoMarks


class VideoDataset:
    """Recordings one after the other, the frames of each in order of name.

    Args:
        folders: each a recording, that is a folder with ``vi/`` and ``ir/``, or a folder of recordings.
        marks: what people saw in some of them.

    Raises:
        DataError: a folder is missing, holds no recording, two recordings have one name, or the marks do not fit them.

    Example:
        >>> video = VideoDataset(["m3svd"])
        >>> video.names[20]
        '0111_1753/0000'
    """

    layout_name = "video"
    split = "all"
    label_set = None

    def __init__(self, folders: Sequence[str | Path], marks: VideoMarks | None = None) -> None:
        paths = [path for folder in folders for path in _recordings(Path(folder))]
        self.recordings = tuple(path.resolve().name for path in paths)
        for name in self.recordings:
            if self.recordings.count(name) > 1:
                raise DataError(f"two recordings are called '{name}'; name each folder once, and rename one of the two")
        self.title = ", ".join(dict.fromkeys(Path(folder).resolve().name for folder in folders))
        self._sequences = tuple(PairSequence(path, allow_size_mismatch=True) for path in paths)
        self._ends = tuple(accumulate(map(len, self._sequences)))
        self.names = tuple(
            f"{recording}/{name}"
            for recording, sequence in zip(self.recordings, self._sequences, strict=True)
            for name in sequence.names
        )

        self.marks = {name: marks.recordings[name] for name in self.recordings if marks and name in marks.recordings}
        if marks and not self.marks:
            raise DataError(
                f"the marks are of {', '.join(marks.recordings) or 'no recording'}, "
                f"but the video is {', '.join(self.recordings)}; names of folders tell which are which"
            )
        for name, marked in self.marks.items():
            try:
                marked.check(self.frames(name))
            except DataError as error:
                raise DataError(f"marks of '{name}': {error}") from error

    @property
    def starts(self) -> frozenset[int]:
        """Numbers of the frames that begin a recording."""
        return frozenset((0, *self._ends[:-1]))

    def frames(self, recording: str) -> tuple[str, ...]:
        """Return the names of a recording's frames, in order."""
        return self._sequences[self.recordings.index(recording)].names

    def place(self, i: int) -> tuple[str, int]:
        """Return the recording of frame ``i``, and its number in there."""
        k = bisect_right(self._ends, i)
        return self.recordings[k], i - (self._ends[k - 1] if k else 0)

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[ImagePair]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> ImagePair:
        recording, number = self.place(i)
        pair = self._sequences[self.recordings.index(recording)][number]
        return replace(pair, name=self.names[i], labels=None, time=None)


def _recordings(folder: Path) -> list[Path]:
    if _is_recording(folder):
        return [folder]
    found = sorted(path for path in folder.iterdir() if _is_recording(path)) if folder.is_dir() else []
    if not found:
        raise DataError(
            f"{folder}: no recording; give a folder with '{RGB_FOLDER}' (RGB) and '{THERMAL_FOLDER}' (thermal) holding "
            "images of the same names, or a folder of such folders"
        )
    return found


def _is_recording(folder: Path) -> bool:
    return (folder / RGB_FOLDER).is_dir() and (folder / THERMAL_FOLDER).is_dir()
