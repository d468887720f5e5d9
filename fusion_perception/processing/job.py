# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is done with one bag, and how it is shared among processes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fusion_perception import __version__
from fusion_perception.bags.bag_files import find_files
from fusion_perception.bags.folder_source import FolderSource, is_folder_of_images
from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import Count
from fusion_perception.health import RunEvent

LEAST_PAIRS, MOST_PARTS = 50, 200
"""Pairs of one file of the results, at least, and about how many files there are at most."""


@dataclass(frozen=True)
class JobSettings:
    """How a bag is processed. All of it decides what the results are.

    Attributes:
        model: path of the model.
        backend: what runs it.
        threads: of one inference; 0 lets the backend choose.
        topics: relative names of the topics to write.
        thermal_topic: the user's choice, or empty.
        rgb_topic: the user's choice, or empty.
        thermal_offset_ms: added to thermal stamps; None finds out.
        attribution: compute the attribution.
        film: write a film.
        limit: pairs; 0 is all.
        parameters: of ``fusion_node``, see ``node_parameters``.
    """

    model: str
    backend: str
    threads: int
    topics: tuple[str, ...]
    thermal_topic: str = ""
    rgb_topic: str = ""
    thermal_offset_ms: float | None = None
    attribution: bool = True
    film: bool = True
    limit: int = 0
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One bag and where its results go.

    Attributes:
        schema: kind of document.
        schema_version: its version.
        bag: path of the bag, or of a folder of pairs.
        out: folder for the results.
        settings: how it is processed.
        fingerprint: of what the results depend on: the files of the bag, the model, this package.
    """

    schema: str
    schema_version: int
    bag: str
    out: str
    settings: JobSettings
    fingerprint: str = ""


@dataclass(frozen=True)
class Share:
    """The part of a job that one process does: of every ``of`` files the one with its number.

    Attributes:
        schema: kind of document.
        schema_version: its version.
        job: the job.
        number: from 0.
        of: shares of the job.
    """

    schema: str
    schema_version: int
    job: Job
    number: Count = 0
    of: Count = 1


@dataclass(frozen=True)
class ShareReport:
    """What a share has found.

    Attributes:
        pairs: pairs of the whole bag.
        parts: files of the whole bag.
        processed: pairs that this share has run.
        failed: pairs of these that could not be processed.
        reason: why the first of them could not.
        began_s: when the first pair of the bag was read, in seconds since 1970; the model is open by then.
        ended_s: when the last file was complete.
        warnings: sentences about the bag.
        engine: what ran the model.
        classes: names of its classes.
        palette: their colours, red, green and blue.
        events: what was wrong with the bag, and when.
    """

    pairs: int
    parts: int
    processed: int = 0
    failed: int = 0
    reason: str = ""
    began_s: float = 0.0
    ended_s: float = 0.0
    warnings: tuple[str, ...] = ()
    engine: dict[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    palette: tuple[tuple[int, ...], ...] = ()
    events: tuple[RunEvent, ...] = ()


JOB = Schema(
    "fusion_perception.processing_job", 1, Job, "processing job", "remove the folder and process the bag again"
)
SHARE = Schema("fusion_perception.processing_share", 1, Share, "share of a processing job", "start it again")


def make_job(bag: Path, out: Path, settings: JobSettings) -> Job:
    """Return the job for a bag, or for a folder of pairs.

    Raises:
        DataError: there is no such bag, or no such folder of pairs.
    """
    found = FolderSource(bag).files if is_folder_of_images(bag) else find_files(bag).files
    files = [(str(file.name), file.stat().st_size) for file in found]
    model = hashlib.sha256(Path(settings.model).read_bytes()).hexdigest()
    what = repr(
        (__version__, files, model, sorted(asdict(replace(settings, model="")).items(), key=lambda item: item[0]))
    )
    job = Job(JOB.name, JOB.version, str(bag.absolute()), str(out.absolute()), settings)
    return replace(job, fingerprint=hashlib.sha256(what.encode()).hexdigest())


def shares(job: Job, number: int) -> list[Share]:
    """Return a job in shares."""
    return [Share(SHARE.name, SHARE.version, job, k, number) for k in range(number)]


def to_json(document: Any) -> dict[str, Any]:
    """Return a document as JSON values."""
    return asdict(document)


def pairs_of_a_part(expected_pairs: int) -> int:
    """Return how many pairs go into one file, by how many a bag is expected to have.

    The files are the same, whoever writes them: so a run that was ended goes on, and shares fit together.
    """
    return max(LEAST_PAIRS, -(-expected_pairs // MOST_PARTS))
