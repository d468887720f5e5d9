# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What is measured: a model, on a backend, with or without attribution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fusion_perception.engine import BACKENDS
from fusion_perception.errors import BackendError
from fusion_perception.model_store import find_model

_WITH_ATTRIBUTION = "+attribution"


@dataclass(frozen=True)
class Case:
    """One row of a benchmark.

    Attributes:
        model: path of the model file.
        backend: one of ``BACKENDS``.
        attribution: compute the attribution in every call.
    """

    model: Path
    backend: str = "auto"
    attribution: bool = False

    @classmethod
    def parse(cls, text: str, backend: str = "auto") -> Case:
        """Read ``[BACKEND@]MODEL[+attribution]``.

        Args:
            text: for example ``realtime``, ``torch@last.safetensors`` or ``realtime+attribution``.
            backend: backend of a text that names none.

        Raises:
            BackendError: unknown backend.
            ModelError: no such model.
        """
        attribution = text.endswith(_WITH_ATTRIBUTION)
        rest = text.removesuffix(_WITH_ATTRIBUTION)
        named, at, model = rest.rpartition("@")
        chosen = named if at else backend
        if chosen not in BACKENDS:
            raise BackendError(f"unknown backend '{chosen}' in '{text}'; allowed: {', '.join(BACKENDS)}")
        return cls(find_model(model), chosen, attribution)

    def __str__(self) -> str:
        return f"{self.backend}@{self.model.stem}{_WITH_ATTRIBUTION if self.attribution else ''}"
