# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All findings as a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fusion_perception.doctor.finding import Finding
from fusion_perception.documents.document_schema import Schema


@dataclass(frozen=True, kw_only=True)
class Examination:
    """All findings, as ``doctor --json`` prints them.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        findings: in the order of the checks.
    """

    schema: Literal["fusion_perception.doctor"] = "fusion_perception.doctor"
    schema_version: Literal[1] = 1
    findings: tuple[Finding, ...]


EXAMINATION = Schema("fusion_perception.doctor", 1, Examination, "examination", "run `fusion-perception doctor` again")
"""How examinations are read and written."""
