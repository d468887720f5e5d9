# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How far a replay is, and the line by which its process tells another."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from fusion_perception.documents.strict_json import DocumentError, read_object


@dataclass(frozen=True)
class ReplayProgress:
    """How far a replay is.

    Attributes:
        decoded: pairs that wait to be played.
        ready: everything is decoded that has room, or that there is; it stays so.
        pair_bytes: mean size of the pixels of one pair when it was ready; 0 before.
        thermal: thermal images published.
        rgb: RGB images published.
    """

    decoded: int = 0
    ready: bool = False
    pair_bytes: int = 0
    thermal: int = 0
    rgb: int = 0

    def to_line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> ReplayProgress | None:
        """Read such a line; None for any other text."""
        try:
            values = read_object(line)
        except DocumentError:
            return None
        kinds = {name: type(value) for name, value in asdict(cls()).items()}
        if {name: type(value) for name, value in values.items()} != kinds:
            return None
        return cls(**values)
