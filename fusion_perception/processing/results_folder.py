# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The folder with the results of a bag: begun, gone on with, and completed when all its parts are there."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fusion_perception.bags.bag_writer import topics_of, write_metadata
from fusion_perception.documents.document_schema import Schema
from fusion_perception.errors import DataError
from fusion_perception.files.atomic_file import cannot_write, replacing
from fusion_perception.files.folder_lock import lock_folder
from fusion_perception.processing.film import join
from fusion_perception.processing.job import JOB, Job, ShareReport
from fusion_perception.processing.pair_figures import PAIRS, PairsDocument
from fusion_perception.processing.result_part import PART_DOCUMENTS, PARTS, PartFiles

JOB_FILE, SUMMARY_FILE, PAIRS_FILE, FILM_FILE = "job.json", "summary.json", "pairs.json", "film.mp4"


@dataclass(frozen=True)
class BagSummary:
    """What became of a bag.

    Attributes:
        schema: kind of document.
        schema_version: its version.
        bag: path of the bag.
        fingerprint: of the job.
        pairs: pairs in it.
        failed: pairs that could not be processed.
        reason: why the first of them could not.
        files: of the results, in order.
        topics: messages of each topic.
        warnings: sentences about the bag.
        engine: what ran the model.
        without: pairs of these that have a result without a camera's image, by the camera; ``pairs.json`` says which.
    """

    schema: str
    schema_version: int
    bag: str
    fingerprint: str
    pairs: int
    failed: int
    reason: str
    files: tuple[str, ...]
    topics: dict[str, int]
    warnings: tuple[str, ...]
    engine: dict[str, str]
    without: dict[str, int] = field(default_factory=dict)


SUMMARY = Schema(
    "fusion_perception.processed_bag", 1, BagSummary, "summary of a processed bag", "process the bag again"
)


def lock(job: Job) -> int:
    """Make the folder of a job, and keep other runs out of it until the handle that is returned is closed.

    Raises:
        DataError: another run works on it, or it cannot be made.
    """
    folder = Path(job.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return lock_folder(folder)
    except BlockingIOError:
        raise DataError(f"another run writes to {folder}; wait until it has ended, or give another folder") from None
    except OSError as error:
        raise cannot_write(folder, error) from error


def begin(job: Job) -> BagSummary | None:
    """Begin a job, or go on with it.

    Returns:
        The summary, if it was done before.

    Raises:
        DataError: the folder holds the results of something else, or cannot be written.
    """
    folder = Path(job.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PARTS).mkdir(exist_ok=True)
        for left in (folder / PARTS).glob(".*"):  # of a run that was killed
            left.unlink()
    except OSError as error:
        raise cannot_write(folder, error) from error
    found = folder / JOB_FILE
    if not found.exists():
        others = [item.name for item in folder.iterdir() if item.name != PARTS]
        if others:
            raise DataError(f"{folder} holds other files ({others[0]}); give another folder by --out")
        JOB.write_file(found, job)
        return None
    before = JOB.read_file(found)
    if before.fingerprint != job.fingerprint:
        if not (folder / SUMMARY_FILE).exists() and not any((folder / PARTS).glob(PART_DOCUMENTS)):
            JOB.write_file(found, job)  # nothing came of the run before, as of a bag that could not be read
            return None
        raise DataError(
            f"{folder} holds results of another model, other options, another version or other files of the bag; "
            "remove it, or give another folder by --out"
        )
    return SUMMARY.read_file(folder / SUMMARY_FILE) if (folder / SUMMARY_FILE).exists() else None


def complete(job: Job, reports: Sequence[ShareReport]) -> BagSummary:
    """Complete the results, when every part is there.

    Args:
        job: the job.
        reports: of all its shares.

    Raises:
        DataError: a part is missing, or something cannot be written.
    """
    folder = Path(job.out)
    pairs, parts = reports[0].pairs, reports[0].parts
    files = [PartFiles(folder, number) for number in range(parts)]
    documents = [item.read(job.fingerprint, film=job.settings.film) for item in files]
    found = [document for document in documents if document is not None]
    if len(found) != parts or len({report.pairs for report in reports}) != 1:
        raise DataError(f"{folder}: {parts - len(found)} of {parts} files are not there; start it again")
    summaries = [document.summary(item.bag.name) for document, item in zip(found, files, strict=True)]
    if job.settings.film:
        with replacing(folder / FILM_FILE) as temporary:
            join([item.film for item in files], temporary)
    topics = topics_of(found[0].counts)
    write_metadata(folder, topics, summaries)
    counts = {topic: sum(document.counts.get(topic, 0) for document in found) for topic in topics}
    figures = tuple(pair for document in found for pair in document.figures)
    summary = BagSummary(
        SUMMARY.name,
        SUMMARY.version,
        job.bag,
        job.fingerprint,
        pairs,
        sum(document.failed for document in found),
        next((report.reason for report in reports if report.reason), ""),
        tuple(item.bag.name for item in files),
        counts,
        tuple(dict.fromkeys(warning for report in reports for warning in report.warnings)),
        reports[0].engine,
        dict(Counter(pair.missing for pair in figures if pair.missing)),
    )
    report = reports[0]
    pairs_document = PairsDocument(classes=report.classes, pairs=figures, palette=report.palette, events=report.events)
    PAIRS.write_file(folder / PAIRS_FILE, pairs_document, indent=None)
    SUMMARY.write_file(folder / SUMMARY_FILE, summary)
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    return summary
