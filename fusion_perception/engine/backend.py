# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One way to run a model, as ``open_engine`` knows it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Backend:
    """One backend.

    Attributes:
        engine: called with the model and options by name; returns an ``Engine``.
        options: those options that the backend's name stands for, with their values.
        on_cpu: name of the backend to fall back on, unless the engine does that itself.
    """

    engine: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    on_cpu: str = ""

    @property
    def known_options(self) -> set[str]:
        """Names of the options that a caller may give."""
        return set(inspect.signature(self.engine).parameters) - {"model", *self.options}
