# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a share of a job: every pair of the bag is read, those of the share's files are perceived and written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.bag_writer import compressed_bytes, image_bytes, topics_of
from fusion_perception.bags.folder_source import FolderSource, is_folder_of_images
from fusion_perception.engine.engine import Engine
from fusion_perception.engine.open import open_engine
from fusion_perception.errors import DataError, ImageError
from fusion_perception.files.atomic_file import cannot_write
from fusion_perception.health import EventLog
from fusion_perception.outputs import ResultTopic, result_topics
from fusion_perception.perceiver import Perceiver
from fusion_perception.preprocess import GainControl, PlaneRegistration, Registration
from fusion_perception.processing.bag_registration import registration_of
from fusion_perception.processing.film import film_frame
from fusion_perception.processing.job import JobSettings, Share, ShareReport, pairs_of_a_part
from fusion_perception.processing.node_parameters import node_settings
from fusion_perception.processing.pair_figures import figures_of, figures_of_failure
from fusion_perception.processing.result_part import PartFiles, PartWriter
from fusion_perception.types import FramePair, Perception

COMPRESSED = "/compressed"
"""What the names of topics end in whose images are JPEG."""

TROUBLE = {
    "damaged_thermal": "damaged thermal images",
    "damaged_rgb": "damaged RGB images",
    "no_partner": "images without a partner",
    "left_out": "pairs that cannot be read",
}
"""What a source counts -> what that is called in the report."""

_OVERLAY_ALPHA = 0.5
_TOLD_S = 0.5  # least time between two states of progress


def run_share(share: Share, tell: Callable[[int, int], object] = lambda done, total: None) -> ShareReport:
    """Run a share; parts that are there already are left as they are.

    Args:
        share: what to do.
        tell: called now and then with the pairs of the bag that have passed, and how many there are about.

    Returns:
        What was found. Every share of a job finds the same number of pairs and parts.

    Raises:
        FusionPerceptionError: the bag, the model or the folder cannot be used.
    """
    job, settings = share.job, share.job.settings
    warnings: list[str] = []
    events, last_ns = EventLog(TROUBLE), 0
    with ExitStack() as stack:
        source = stack.enter_context(closing(open_source(Path(job.bag), settings, warnings)))
        registration = registration_of(Path(job.bag), source, node_settings(settings.parameters))
        engine = stack.enter_context(closing(open_engine(settings.model, settings.backend, threads=settings.threads)))
        expected = min(source.expected_pairs, settings.limit or source.expected_pairs)
        run = _Run(share, engine, registration, pairs_of_a_part(expected))
        told_s = time.monotonic()
        pairs: Iterator[FramePair] = islice(source, settings.limit or None)
        try:
            for number, pair in enumerate(pairs):
                events.count(pair.reference.stamp_ns, source.trouble)
                last_ns = pair.reference.stamp_ns
                run.take(number, pair)
                if time.monotonic() - told_s > _TOLD_S:
                    told_s = time.monotonic()
                    tell(number + 1, max(number + 1, expected))
            events.count(last_ns, source.trouble)
            run.end_part()
        except OSError as error:
            raise cannot_write(Path(job.out), error) from error
        finally:
            run.abort()
        tell(run.pairs, run.pairs)
        return run.report(tuple(warnings), events)


def open_source(path: Path, settings: JobSettings, warnings: list[str]) -> BagSource | FolderSource:
    """Open a bag or a folder of pairs; what there is to tell of it is appended to the warnings."""
    if is_folder_of_images(path):
        folder = FolderSource(path, warn=warnings.append)
        warnings.append(folder.seen)
        return folder
    return BagSource(
        path,
        settings.thermal_topic,
        settings.rgb_topic,
        warnings.append,
        settings.thermal_offset_ms,
        allow_missing=True,
    )


def written_topics(settings: JobSettings, available: tuple[ResultTopic, ...]) -> dict[str, ResultTopic]:
    """Return the topics to write, by name, in the order of the table.

    Raises:
        DataError: one is not among those of the model.
    """
    names: dict[str, ResultTopic] = {}
    for topic in available:
        names[topic.topic] = topic
        if topic.encoding == "rgb8":
            names[topic.topic + COMPRESSED] = topic
    unknown = [name for name in settings.topics if name not in names]
    if unknown:
        raise DataError(f"there is no result topic '{unknown[0]}'; this model has: {', '.join(names)}")
    wanted = {name: topic for name, topic in names.items() if name in settings.topics}
    return {name: topic for name, topic in wanted.items() if settings.attribution or not topic.attribution}


class _Run:
    """The state of a share that is run."""

    def __init__(
        self, share: Share, engine: Engine, registration: Registration | PlaneRegistration, part_pairs: int
    ) -> None:
        self.pairs = 0
        self._share = share
        self._settings = share.job.settings
        self._folder = Path(share.job.out)
        self._engine = engine
        self._perceiver = Perceiver(engine, GainControl(node_settings(self._settings.parameters).gain), registration)
        self._part_pairs = part_pairs
        metadata = engine.info.metadata
        self._topics = written_topics(self._settings, result_topics(metadata.outputs()))
        self._attribution = any(topic.attribution for topic in self._topics.values())
        self._remarks = {"model": metadata.name, "labels": json.dumps(list(metadata.labels.names))}
        self._writer: PartWriter | None = None
        self._is_mine = False
        self._processed = self._failed = 0
        self._reason = ""
        self._began_s = self._ended_s = time.time()

    def take(self, number: int, pair: FramePair) -> None:
        """Take in the next pair of the bag."""
        self.pairs = number + 1
        if number % self._part_pairs == 0:
            self._begin_part(number // self._part_pairs)
        if not self._is_mine:
            try:
                self._perceiver.follow(pair)
            except ImageError:  # whoever has the part tells it
                return
            return
        self._process(pair)

    def end_part(self) -> None:
        """Complete the part that is being written, if there is one."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except BaseException:
                writer.abort()
                raise
        self._ended_s = time.time()

    def abort(self) -> None:
        """Remove what is unfinished; nothing is after ``end_part``."""
        if self._writer is not None:
            self._writer.abort()

    def report(self, warnings: tuple[str, ...], events: EventLog) -> ShareReport:
        """Return what was found, and what the engine says of its choice."""
        info = self._engine.info
        return ShareReport(
            pairs=self.pairs,
            parts=-(-self.pairs // self._part_pairs),
            processed=self._processed,
            failed=self._failed,
            reason=self._reason,
            began_s=self._began_s,
            ended_s=self._ended_s,
            warnings=(*warnings, *info.notes),
            classes=info.metadata.labels.names,
            palette=info.metadata.labels.palette,
            events=events.events,
            engine={"model": info.metadata.name, "backend": info.backend, "device": info.device},
        )

    def _begin_part(self, number: int) -> None:
        self.end_part()
        files = PartFiles(self._folder, number)
        fingerprint = self._share.job.fingerprint
        self._is_mine = number % self._share.of == self._share.number and (
            files.read(fingerprint, film=self._settings.film) is None
        )
        if self._is_mine:
            topics = topics_of(self._topics)
            self._writer = PartWriter(files, fingerprint, topics, self._remarks, film=self._settings.film)

    def _process(self, pair: FramePair) -> None:
        assert self._writer is not None  # noqa: S101 - the part is this share's
        self._processed += 1
        started = time.perf_counter()
        try:
            perception = self._perceiver.perceive(pair, attribution=self._attribution)
        except ImageError as error:
            self._failed += 1
            self._reason = self._reason or str(error)
            self._writer.end_pair(None, figures_of_failure(pair, str(error), time.perf_counter() - started))
            return
        time_ns = getattr(pair.reference, "received_ns", 0) or perception.stamp_ns
        images: dict[str, NDArray[Any]] = {}
        for name, topic in self._topics.items():
            if topic.attribution and topic.output.name not in perception.outputs:
                continue
            image = self._image(topic, perception, images)
            to_bytes = compressed_bytes if name.endswith(COMPRESSED) else image_bytes
            extra: Mapping[str, Any] = {} if name.endswith(COMPRESSED) else {"encoding": topic.encoding}
            data = to_bytes(image, stamp_ns=perception.stamp_ns, frame_id=perception.frame_id, **extra)
            self._writer.write(name, time_ns, data)
        labels = self._engine.info.metadata.labels
        frame = film_frame(pair, perception.outputs, labels) if self._settings.film else None
        self._writer.end_pair(frame, figures_of(pair, perception, time.perf_counter() - started, labels))

    def _image(self, topic: ResultTopic, perception: Perception, images: dict[str, NDArray[Any]]) -> NDArray[Any]:
        if topic.topic not in images:
            labels = self._engine.info.metadata.labels
            images[topic.topic] = topic.render(perception.outputs, labels, _OVERLAY_ALPHA)
        return images[topic.topic]
