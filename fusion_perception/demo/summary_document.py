# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document of a demonstration: ``summary.json``, schema ``fusion_perception.demo``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import INLINE, Count, Size


@dataclass(frozen=True)
class Percentiles:
    """Median, what 95 % do not exceed, and the largest, in ms."""

    p50: float
    p95: float
    max: float


@dataclass(frozen=True)
class StageTimes:
    """Median, and what 95 % do not exceed, in ms, as the node says them; None where it does not."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class TopicFigures:
    """One topic.

    Attributes:
        type: of its messages.
        encoding: of its images; empty for other messages.
        messages: recorded.
        rate_hz: by their stamps; None below two.
        mean_bytes: serialized size.
        latency_ms: stamp to publication; None without messages.
    """

    type: str
    encoding: str
    messages: Count
    rate_hz: Size | None
    mean_bytes: Count
    latency_ms: Percentiles | None


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What the demonstration knows itself.

    Attributes:
        source: what was played.
        rate: pairs a second.
        pairs_planned: how many should be played.
        replayed: images of each camera that the replay says it published.
        middleware: for example ``"Fast DDS"``.
        ros_domain: number of the ROS domain.
        processes: name -> process id.
        warnings: what the processes complained of.
        duration_s: of everything.
        files: names of what was written.
    """

    source: str
    rate: Size
    pairs_planned: Count
    replayed: tuple[Count, ...] = ()
    middleware: str
    ros_domain: Count
    processes: dict[str, int]
    warnings: tuple[str, ...] = ()
    duration_s: Size = 0
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The figures of a run.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        pairs_published: pairs of images that the replay published.
        pairs_received: of them, that reached the node.
        pairs_matched: of them, that the node paired.
        results_published: by the node.
        results_recorded: of them, that the recorder got.
        dropped: pairs that the node left out, being overtaken.
        rejected: images that the node refused.
        failures: pairs on which the engine failed.
        latency_ms: stamp to publication of the fused image; None without results.
        engine_ms: of the engine.
        stages_ms: stage of the node -> times.
        sync_offset_ms_mean: mean stamp difference of a pair; None where the node does not say.
        backend: that ran the model, with its provider.
        device: that it ran on.
        precision: really in use.
        model: its name.
        input_size: of the model, in words.
        labels: name of its label set.
        topics: relative name -> figures.
        bag_results: results in ``output.mcap``.
        latency_clock: what the end of a latency is.
        run: what the demonstration knows itself.
        machine: in words, without its name.
        versions: package -> version.
    """

    schema: Literal["fusion_perception.demo"] = "fusion_perception.demo"
    schema_version: Literal[1] = 1
    pairs_published: Count
    pairs_received: Count
    pairs_matched: Count
    results_published: Count
    results_recorded: Count
    dropped: Count
    rejected: Count
    failures: Count
    latency_ms: Percentiles | None
    engine_ms: StageTimes
    stages_ms: dict[str, StageTimes]
    sync_offset_ms_mean: float | None
    backend: str
    device: str
    precision: str
    model: str
    input_size: str
    labels: str
    topics: dict[str, TopicFigures]
    bag_results: Count
    latency_clock: str
    run: Annotated[RunInfo, INLINE]
    machine: str
    versions: dict[str, str]


SUMMARY = Schema("fusion_perception.demo", 1, Summary, "summary of a demonstration", "run it again", said=False)
"""How summaries are read and written; those of 0.1 did not say what they are."""
