# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a robot feels: fusion_node measured from outside, images in and results out over the real middleware."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.documents.typed_document import Count, Size
from fusion_perception.lab.bench.timing import Latency


@dataclass(frozen=True)
class NodeRun:
    """The node with cameras of one rate. Ages are ms from the stamp, which is when the images were sent.

    Attributes:
        camera_rate: pairs a second that were asked for.
        sent: pairs that were sent.
        results: of these pairs, complete.
        pairs_per_second: results that came while pairs were sent.
        published_ms: age of the last topic of each result when the node published it; None if no result came.
        received_ms: when it had come.
        cpu_ms_per_result: processor time of the node, all threads together; None where the system does not tell.
    """

    camera_rate: Size
    sent: Count
    results: Count
    pairs_per_second: Size
    published_ms: Latency | None
    received_ms: Latency | None
    cpu_ms_per_result: Size | None


@dataclass(frozen=True)
class NodeResult:
    """The node beside the bare engine.

    Attributes:
        file: name of the model file.
        backend: as the node was asked for it.
        provider: that the bare engine ran on.
        attribution: whether somebody listened to it.
        middleware: in words.
        topics: that were listened to.
        even: cameras of the rate that was asked for.
        full: cameras that are faster than the engine.
        engine_pairs_per_second: of the bare engine, in the same run.
        throughput_ratio: results a second with the fast cameras, by those of the bare engine.
        camera_bound: whether the fast cameras were the limit, so that the ratio could be higher.
    """

    file: str
    backend: str
    provider: str
    attribution: bool
    middleware: str
    topics: tuple[str, ...]
    even: NodeRun
    full: NodeRun
    engine_pairs_per_second: Size
    throughput_ratio: Size
    camera_bound: bool
