# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The results of a processed bag, with its images, as a recording for Rerun's viewer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.image_messages import deserialize, stamp_ns
from fusion_perception.bags.rerun_file import ATTRIBUTION, FUSED, RERUN_FILE, RGB, THERMAL, RerunFile
from fusion_perception.files.atomic_file import replacing
from fusion_perception.health import RunEvent
from fusion_perception.labels import LabelSet
from fusion_perception.outputs import output
from fusion_perception.processing.job import Job
from fusion_perception.processing.pair_figures import PairFigures, PairsDocument
from fusion_perception.processing.share_run import COMPRESSED, open_source
from fusion_perception.render import heat_map, thermal_grey
from fusion_perception.ros.conversion import rgb_from_message, thermal_from_message

_TIMES = ("whole pair", "engine")


def write_rerun(
    folder: Path, job: Job, document: PairsDocument, tell: Callable[[int, int], object] = lambda done, total: None
) -> None:
    """Write ``recording.rrd`` of results that are complete; the bag is read once more for its images.

    Args:
        folder: of the results.
        job: the bag and how it was processed.
        document: figures of its pairs.
        tell: called with the pairs that are done, and how many there are.

    Raises:
        BackendError: the package rerun-sdk is not installed.
        DataError: the bag cannot be read any more, or the file cannot be written.
    """
    labels = LabelSet("model", document.classes, tuple((r, g, b) for r, g, b in document.palette))
    name = Path(job.bag).name
    with replacing(folder / RERUN_FILE) as temporary, RerunFile(temporary, labels, name, _TIMES) as file:
        _add_figures(file, document)
        _add_inputs(file, job, len(document.pairs), tell)
        _add_results(file, folder)


def _add_figures(file: RerunFile, document: PairsDocument) -> None:
    for event in (*document.events, *_failures(document.pairs)):
        file.add_event(event)
    for pair in document.pairs:
        if pair.offset_ms is not None:
            file.add_offset(pair.stamp_ns, pair.offset_ms)
        if not pair.failure:
            file.add_times(pair.stamp_ns, (pair.ms, pair.engine_ms or 0.0))
            file.add_shares(pair.stamp_ns, pair.shares)


def _failures(pairs: tuple[PairFigures, ...]) -> list[RunEvent]:
    return [RunEvent(pair.stamp_ns, "pair that failed", pair.failure) for pair in pairs if pair.failure]


def _add_inputs(file: RerunFile, job: Job, count: int, tell: Callable[[int, int], object]) -> None:
    with closing(open_source(Path(job.bag), job.settings, [])) as source:
        for number, pair in enumerate(islice(source, job.settings.limit or None), 1):
            time_ns = pair.reference.stamp_ns
            if pair.thermal is not None:
                file.add_image(THERMAL, time_ns, thermal_grey(pair.thermal.image))
            if pair.rgb is not None:
                file.add_image(RGB, time_ns, np.asarray(pair.rgb.image, np.uint8))
            tell(number, count)


def _add_results(file: RerunFile, folder: Path) -> None:
    fused, mask, attribution = (output(name).topic for name in ("fused", "mask", "attribution"))
    with closing(BagReader(folder)) as bag:
        there = set(bag.topics)
        # An image that is there as it is needs no JPEG.
        wanted = [fused if fused in there else fused + COMPRESSED, mask, attribution]
        for stored in bag.messages([topic for topic in wanted if topic in there]):
            message = deserialize(stored.data, stored.message_type)
            time_ns = stamp_ns(message)
            if stored.topic == mask:
                file.add_mask(time_ns, _plane(message))
            elif stored.topic == attribution:
                file.add_image(ATTRIBUTION, time_ns, heat_map(_plane(message)))
            else:
                file.add_image(FUSED, time_ns, rgb_from_message(message))


def _plane(message: Any) -> NDArray[np.uint8]:
    return np.asarray(thermal_from_message(message), np.uint8)
