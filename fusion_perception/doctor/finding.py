# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What one check has found. Nothing here needs a package: what is missing may be NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
