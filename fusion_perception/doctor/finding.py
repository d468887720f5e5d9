# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What one check has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fusion_perception.documents.document_schema import Schema

OK: Literal["ok"] = "ok"
REMARK: Literal["remark"] = "remark"
WRONG: Literal["wrong"] = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line.

    Attributes:
        name: of what was looked at.
        level: ``"ok"``; ``"remark"`` for what works and could be better; ``"wrong"`` for what keeps the package from
            working.
        text: what was found.
        remedy: a command, or what to do; empty where nothing is to be done.
    """

    name: str
    level: Literal["ok", "remark", "wrong"]
    text: str
    remedy: str = ""


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

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.level != WRONG for finding in self.findings)


EXAMINATION = Schema("fusion_perception.doctor", 1, Examination, "examination", "run `fusion-perception doctor` again")
"""How examinations are read and written."""
