# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a search hands on: ``result.json`` of its stage, schema ``fusion_perception.search``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import Size


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """The outcome of an architecture search.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        genotype: the chosen operations, as ``TIM`` takes them; None in a file that gives latencies alone.
        relative_latency: expected; 1 for equal probabilities.
        latency_ms: (edges, candidates) measured latencies in ms.
    """

    schema: Literal["fusion_perception.search"] = "fusion_perception.search"
    schema_version: Literal[1] = 1
    genotype: Any = None
    relative_latency: float | None = None
    latency_ms: tuple[tuple[Size, ...], ...]


SEARCH = Schema("fusion_perception.search", 1, SearchResult, "result of a search", "search again", said=False)
"""How results of searches are read and written; those of 0.1 did not say what they are."""
