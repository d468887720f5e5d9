# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is in a bag, and what can be done with it: topics, pairs, clocks, damage, and the command to run next."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.folder_source import FolderSource, is_folder_of_images
from fusion_perception.bags.image_messages import IMAGE_TYPES
from fusion_perception.bags.topic_survey import TopicSurvey
from fusion_perception.documents.document_schema import Schema
from fusion_perception.errors import FusionPerceptionError


@dataclass(frozen=True)
class TopicInfo:
    """One topic of a bag.

    Attributes:
        name: of the topic.
        type: of its messages.
        messages: how many there are.
        rate_hz: how many come a second; None for fewer than two.
        camera: ``"thermal"``, ``"rgb"``, or empty.
        width: of its images, in pixels; None where that is not known.
        height: of its images.
        look: of its images, in words.
        encoding: of its images.
        usable: images that could be used; None when they were not read.
        damaged: images that could not be used.
        reason: why the first of them could not.
    """

    name: str
    type: str
    messages: int
    rate_hz: float | None = None
    camera: str = ""
    width: int | None = None
    height: int | None = None
    look: str = ""
    encoding: str = ""
    usable: int | None = None
    damaged: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class BagInfo:
    """What is in a bag.

    Attributes:
        schema: kind of document.
        schema_version: its version.
        bag: path of the bag.
        files: names of the files that can be read; none of a folder of pairs.
        start_ns: time of the first message.
        duration_s: time between the first and the last message.
        messages: of all topics.
        topics: by name.
        pairs: that come out of it (of a bag with one camera: images); None when there are none, or were not counted.
        thermal_topic: topic of the thermal camera; empty when there is none.
        rgb_topic: topic of the RGB camera; empty when there is none.
        thermal_offset_ms: added to thermal stamps before they are compared.
        by_receipt: the times at which images were recorded stand for their stamps.
        tolerance_ms: largest difference of the stamps of a pair; None without pairs.
        apart_ms: median difference of the stamps of a pair, thermal minus RGB, the offset added; None without pairs.
        apart_ms_p95: 95 % of these differences are no larger; None without pairs.
        alone: images of a camera for which the other one of the two has none for a second or more, by the camera.
        drift_ms: by how much thermal stamps fall behind RGB stamps during the bag; None where that was not seen.
        remarks: what is doubtful.
        damage: what is damaged or missing.
        problem: why no pairs can be made of it; empty when they can.
        next: commands to run next.
    """

    schema: str
    schema_version: int
    bag: str
    files: tuple[str, ...]
    start_ns: int
    duration_s: float
    messages: int
    topics: tuple[TopicInfo, ...]
    pairs: int | None = None
    thermal_topic: str = ""
    rgb_topic: str = ""
    thermal_offset_ms: float = 0.0
    by_receipt: bool = False
    tolerance_ms: float | None = None
    apart_ms: float | None = None
    apart_ms_p95: float | None = None
    alone: dict[str, int] = field(default_factory=dict)
    drift_ms: float | None = None
    remarks: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    problem: str = ""
    next: tuple[str, ...] = ()


BAG_INFO = Schema("fusion_perception.bag_info", 1, BagInfo, "description of a bag", "run bag-info again")


def inspect_bag(
    path: Path,
    thermal_topic: str = "",
    rgb_topic: str = "",
    thermal_offset_ms: float | None = None,
    *,
    count: bool = True,
    tell: Callable[[int, int], object] = lambda done, total: None,
) -> BagInfo:
    """Look through a bag, or a folder of pairs that somebody takes for one.

    Args:
        path: the bag.
        thermal_topic: the user's choice, or empty.
        rgb_topic: the user's choice, or empty.
        thermal_offset_ms: added to thermal stamps; None finds out.
        count: read all images; False looks at the first ones alone.
        tell: called with the pairs that were counted, and how many are expected.

    Raises:
        DataError: no file of it can be read, or it is a folder that is neither a bag nor one of pairs.
        BackendError: a package that reads bags is not installed.
    """
    if is_folder_of_images(path):
        return _inspect_folder(path, count=count, tell=tell)
    with BagReader(path) as bag:
        problem, source, apart_ms = "", None, []
        try:
            source = BagSource(path, thermal_topic, rgb_topic, lambda told: None, thermal_offset_ms, allow_missing=True)
            if count:
                offset_ns = source.plan.thermal_offset_ns
                for number, pair in enumerate(source):
                    if len(source.plan.sensors) == 1 or (pair.thermal is not None and pair.rgb is not None):
                        apart_ms.append((pair.offset_ns + offset_ns) / 1e6)
                    tell(number + 1, max(number + 1, source.expected_pairs))
        except FusionPerceptionError as error:
            problem = str(error)
        found = bag if source is None else source
        damage = tuple(found.damage)
        if source is None:
            return _info(bag, (), damage, problem=problem, next=_next(path, None, problem))
        with closing(source):
            plan = source.plan
            both = bool(plan.thermal_topic and plan.rgb_topic)
            drift = source.drift
            return _info(
                bag,
                (*plan.remarks, *source.remarks()),
                damage,
                source,
                pairs=len(apart_ms) if count and not problem else None,
                thermal_topic=plan.thermal_topic,
                rgb_topic=plan.rgb_topic,
                thermal_offset_ms=plan.thermal_offset_ns / 1e6,
                by_receipt=plan.by_receipt,
                tolerance_ms=source.tolerance_ns / 1e6 if both and apart_ms else None,
                apart_ms=round(float(np.median(apart_ms)), 3) if both and apart_ms else None,
                apart_ms_p95=round(float(np.percentile(np.abs(apart_ms), 95)), 3) if both and apart_ms else None,
                alone=source.alone,
                drift_ms=None if drift is None else round(drift.drift_ms, 3),
                problem=problem,
                next=_next(path, source, problem, (thermal_topic, rgb_topic, thermal_offset_ms)),
            )


def _inspect_folder(path: Path, *, count: bool, tell: Callable[[int, int], object]) -> BagInfo:
    damage: list[str] = []
    source = FolderSource(path, warn=damage.append)
    pairs = None
    if count:
        pairs = 0
        for pairs, _ in enumerate(source, 1):
            tell(pairs, source.expected_pairs)
    return BagInfo(
        BAG_INFO.name,
        BAG_INFO.version,
        str(path),
        files=(),
        start_ns=0,
        duration_s=0.0,
        messages=0,
        topics=(),
        pairs=pairs,
        remarks=(source.seen,),
        damage=tuple(damage),
        next=(*_next_runs(path, ()), _command("convert", str(path), "--out", f"out/{path.absolute().name}_bag")),
    )


def _info(
    bag: BagReader,
    remarks: tuple[str, ...],
    damage: tuple[str, ...],
    source: BagSource | None = None,
    **values: object,
) -> BagInfo:
    duration_s = max(0, bag.end_ns - bag.start_ns) / 1e9
    topics = tuple(_topic(bag, name, duration_s, source) for name in bag.topics)
    return BagInfo(
        BAG_INFO.name,
        BAG_INFO.version,
        str(bag.path),
        tuple(file.name for file in bag.files),
        bag.start_ns,
        round(duration_s, 3),
        sum(topic.messages for topic in bag.topics.values()),
        topics,
        remarks=remarks,
        damage=damage,
        **values,  # type: ignore[arg-type]
    )


def _topic(bag: BagReader, name: str, duration_s: float, source: BagSource | None) -> TopicInfo:
    stored = bag.topics[name]
    rate = round((stored.messages - 1) / duration_s, 2) if stored.messages > 1 and duration_s else None
    if source is None or stored.message_type not in IMAGE_TYPES:
        return TopicInfo(name, stored.message_type, stored.messages, rate)
    seen = source.plan.surveys.get(name, TopicSurvey(None, (), ()))
    camera = source.plan.sensors.get(name, "")
    if seen.period_ns:
        rate = round(1e9 / seen.period_ns, 2)
    read = source.topics.get(camera)
    return TopicInfo(
        name,
        stored.message_type,
        stored.messages,
        rate,
        camera,
        seen.look.width if seen.look else None,
        seen.look.height if seen.look else None,
        seen.look.text if seen.look else "",
        seen.encoding,
        read.good if read else None,
        read.bad if read else None,
        (read.reason if read else "") or seen.problem,
    )


def _next(
    path: Path, source: BagSource | None, problem: str, given: tuple[str, str, float | None] = ("", "", None)
) -> tuple[str, ...]:
    """Return the commands to run next, with the options that this one was given."""
    options: list[str] = []
    for option, value in zip(("--thermal-topic", "--rgb-topic", "--thermal-offset-ms"), given, strict=True):
        if value not in {"", None}:
            options += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    if problem and source is None and "--thermal-topic" in problem:
        return (_command("bag-info", str(path), "--thermal-topic", "TOPIC", "--rgb-topic", "TOPIC"),)
    if problem:
        return ()
    return _next_runs(path, options)


def _next_runs(path: Path, options: Sequence[str]) -> tuple[str, ...]:
    name = path.absolute().name if path.is_dir() else path.name.partition(".")[0]
    return (
        _command("process", str(path), "--out", f"out/{name}", *options),
        _command("demo", "--data", str(path), *options),
    )


def _command(*words: str) -> str:
    return shlex.join(("fusion-perception", *words))
