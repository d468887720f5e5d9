# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One file of the results of a bag, with its piece of the film: there whole, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion_perception.bags.bag_writer import FileSummary, McapWriter
from fusion_perception.documents.document_schema import Schema
from fusion_perception.errors import DataError
from fusion_perception.processing.film import FilmPart
from fusion_perception.processing.pair_figures import PairFigures

PARTS = "parts"
"""Folder, inside that of the results, of what is needed only until all is there."""

PART_DOCUMENTS = "part_*.json"
"""Names of the files in it that say that a part is there."""


@dataclass(frozen=True)
class PartDocument:
    """What is in a part; its file is written last, so that it says that the part is there.

    Attributes:
        schema: kind of document.
        schema_version: its version.
        fingerprint: of the job.
        pairs: pairs that it stands for.
        failed: pairs of these that could not be processed.
        start_ns: time of its first message.
        end_ns: time of its last message.
        counts: messages of each topic.
        figures: of each pair.
    """

    schema: str
    schema_version: int
    fingerprint: str
    pairs: int
    failed: int
    start_ns: int
    end_ns: int
    counts: dict[str, int]
    figures: tuple[PairFigures, ...] = ()

    def summary(self, name: str) -> FileSummary:
        """Return it as what was written to a file of that name."""
        return FileSummary(name, self.start_ns, self.end_ns, self.counts)


PART = Schema("fusion_perception.processing_part", 1, PartDocument, "part of results", "remove it")


@dataclass(frozen=True)
class PartFiles:
    """Where a part is.

    Attributes:
        folder: of the results of the bag.
        number: of the part.
    """

    folder: Path
    number: int

    @property
    def bag(self) -> Path:
        """The mcap file."""
        return self.folder / f"{self.folder.name}_{self.number}.mcap"

    @property
    def film(self) -> Path:
        """The piece of the film."""
        return self.folder / PARTS / f"film_{self.number}.mp4"

    @property
    def document(self) -> Path:
        """What says that it is there."""
        return self.folder / PARTS / f"part_{self.number}.json"

    def read(self, fingerprint: str, *, film: bool) -> PartDocument | None:
        """Return what is in it, if it is there whole and of this job."""
        if not self.bag.is_file() or (film and not self.film.is_file()):
            return None
        try:
            document = PART.read_file(self.document)
        except DataError:
            return None
        return document if document.fingerprint == fingerprint else None


class PartWriter:
    """Writes a part under names of its own, and renames it when it is whole.

    Args:
        files: where it goes.
        fingerprint: of the job.
        topics: topic -> type of its messages.
        remarks: texts that the file carries along.
        film: write a piece of the film.

    Raises:
        BackendError: a package is not installed.
        OSError: it cannot be written.
    """

    def __init__(
        self, files: PartFiles, fingerprint: str, topics: Mapping[str, str], remarks: Mapping[str, str], *, film: bool
    ) -> None:
        self._files = files
        self._fingerprint = fingerprint
        self._figures: list[PairFigures] = []
        scratch = files.folder / PARTS
        scratch.mkdir(parents=True, exist_ok=True)
        self._bag_path = scratch / f".part_{files.number}.mcap"
        self._film_path = scratch / f".film_{files.number}.mp4"
        self._film = FilmPart(self._film_path) if film else None
        self._bag = McapWriter(self._bag_path, topics, remarks)

    def write(self, topic: str, time_ns: int, data: bytes) -> None:
        """Write a message."""
        self._bag.write(topic, time_ns, data)

    def end_pair(self, frame: NDArray[np.uint8] | None, figures: PairFigures) -> None:
        """Note a pair whose messages have been written, and add its frame to the film."""
        self._figures.append(figures)
        if frame is not None and self._film is not None:
            self._film.add(frame)

    def close(self) -> None:
        """Complete the part and put it in its place."""
        summary = self._bag.summary()
        self._bag.close()
        if self._film is not None:
            self._film.close()
            self._film_path.replace(self._files.film)
        self._bag_path.replace(self._files.bag)
        document = PartDocument(
            PART.name,
            PART.version,
            self._fingerprint,
            len(self._figures),
            sum(1 for pair in self._figures if pair.failure),
            summary.start_ns,
            summary.end_ns,
            summary.counts,
            tuple(self._figures),
        )
        PART.write_file(self._files.document, document, indent=None)

    def abort(self) -> None:
        """Remove what is unfinished."""
        with suppress(Exception):  # closing a film may try to write what could not be written
            self._bag.close()
        if self._film is not None:
            with suppress(Exception):
                self._film.close()
        for path in (self._bag_path, self._film_path):
            with suppress(OSError):
                path.unlink()
