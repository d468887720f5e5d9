# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Does a network of torch answer as its reference does? Asked once for each model, GPU and torch, and written down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.engine.engine import Engine
from fusion_perception.engine.parity import compare_engines, synthetic_pairs
from fusion_perception.engine.plan_cache import default_cache_dir
from fusion_perception.errors import DataError

_PAIRS = 4


@dataclass(frozen=True)
class Subject:
    """Everything that the answer depends on.

    Attributes:
        checkpoint_sha256: digest of the checkpoint.
        reference: digest of the ONNX file that ONNX Runtime ran, or ``"fp32"`` for the same network in float32.
        torch: its version.
        package: version of this package.
        device: the GPU's name, or ``"cpu"``.
        precision: of the network in question.
        height: of the images in pixels.
        width: of the images in pixels.
        attribution: method and steps of its attribution, in words.
    """

    checkpoint_sha256: str
    reference: str
    torch: str
    package: str
    device: str
    precision: str
    height: int
    width: int
    attribution: str

    def key(self) -> str:
        """Return 16 hexadecimal digits that stand for it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What was found.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        subject: what was compared.
        figures: of ``engine.parity``.
        failures: limits that were broken, in words; empty if the network was accepted.
    """

    schema: Literal["fusion_perception.agreement"] = "fusion_perception.agreement"
    schema_version: Literal[1] = 1
    subject: Subject
    figures: dict[str, float] = field(default_factory=dict)
    failures: str = ""


AGREEMENT = Schema("fusion_perception.agreement", 1, Agreement, "record of an agreement", "delete it")
"""How records are read and written."""


def agreement(
    subject: Subject, candidate: Engine, reference: Callable[[], Engine], cache_dir: str | Path | None = None
) -> Agreement:
    """Return what was found before, or compare now and write it down.

    Args:
        subject: what is compared.
        candidate: the engine in question.
        reference: opens the one that is right by definition; closed afterwards.
        cache_dir: our cache folder; None for the user's. Where it cannot be written, the next start compares again.

    Raises:
        FusionPerceptionError: an engine fails.
    """
    folder = Path(cache_dir) if cache_dir else default_cache_dir()
    path = folder / "agreement" / f"{subject.key()}.json"
    with suppress(DataError):
        found = AGREEMENT.read_file(path)
        if found.subject == subject:
            return found
    right = reference()
    try:
        metadata = candidate.info.metadata
        pairs = list(synthetic_pairs(metadata.height, metadata.width, _PAIRS))
        variants = (False,) if metadata.attribution is None else (False, True)
        reports = [compare_engines(right, candidate, pairs, attribution=variant) for variant in variants]
    finally:
        right.close()
    failures = "; ".join(dict.fromkeys(text for report in reports if (text := report.failures())))
    made = Agreement(subject=subject, figures=reports[-1].figures, failures=failures)
    with suppress(DataError):
        AGREEMENT.write_file(path, made)
    return made
