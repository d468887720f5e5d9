# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document of a comparison: ``fusion_perception.comparison``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import Count
from fusion_perception.lab.bench.machine import Commit, Machine
from fusion_perception.lab.bench.timing import Latency
from fusion_perception.lab.evaluation.figures import BoxSummary, FusionMeans, MaskSummary


@dataclass(frozen=True)
class NetworkInfo:
    """A network: its name and how many parameters it has."""

    name: str
    parameters: Count


@dataclass(frozen=True)
class Cost:
    """What a model costs to run, without attribution.

    Attributes:
        flops: operations of one call, two per multiply-add.
        parameters: of the graph.
        latency_ms: of calls in turns with the other models.
        provider: of the backend.
        height: of the images in pixels.
        width: of the images in pixels.
    """

    flops: Count
    parameters: Count
    latency_ms: Latency
    provider: str
    height: Count
    width: Count


@dataclass(frozen=True)
class DataInfo:
    """What the methods were measured on: data set, part of it, number of pairs."""

    name: str
    split: str
    pairs: Count


@dataclass(frozen=True, kw_only=True)
class MethodRow:
    """One method.

    Attributes:
        name: what tables call it.
        networks: ``fuser`` and ``segmenter``; empty where the source does not say.
        training: the summary of ``train``, or whatever a model says of its training: any JSON object.
        fusion: means of the fusion metrics.
        segmentation: against masks; None for a method without.
        boxes: against boxes; None for a method without masks.
        notes: what the engine says of its choice; what was left out, and why.
        cost: None for what is no model.
    """

    name: str
    networks: dict[str, NetworkInfo]
    training: dict[str, Any]
    fusion: FusionMeans
    segmentation: MaskSummary | None = None
    boxes: BoxSummary | None = None
    notes: tuple[str, ...]
    cost: Cost | None


@dataclass(frozen=True, kw_only=True)
class ComparisonDocument:
    """Methods measured alike.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        created: date and time in UTC, ISO 8601.
        commit: of the source tree; None for an installed package.
        machine: that measured.
        versions: package -> version.
        data: what the methods were measured on.
        box_set: which annotated boxes were used.
        methods: one row each, baselines last.
    """

    schema: Literal["fusion_perception.comparison"] = "fusion_perception.comparison"
    schema_version: Literal[1] = 1
    created: str
    commit: Commit | None
    machine: Machine
    versions: dict[str, str]
    data: DataInfo
    box_set: str
    methods: tuple[MethodRow, ...]


COMPARISON = Schema("fusion_perception.comparison", 1, ComparisonDocument, "comparison", "run the comparison again")
"""How comparisons are read and written."""
