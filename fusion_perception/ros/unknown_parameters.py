# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Parameter values given at the start under names that no parameter has: rclpy ignores them without a word."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any

from fusion_perception.text import printable

_OVERRIDES = "qos_overrides."
_SHOWN = 8  # a parameter file of a whole robot may name many that are not ours


def warn_about_unknown(node: Any) -> None:
    """Warn about all unknown names but QoS overrides; call it when all parameters are declared."""
    _warn(node, lambda name: not name.startswith(_OVERRIDES))


def warn_about_unknown_overrides(node: Any) -> None:
    """Warn about QoS overrides that fit no topic; call it when all publishers and subscriptions exist."""
    _warn(node, lambda name: name.startswith(_OVERRIDES))


def unknown(given: Collection[str], known: Collection[str]) -> str:
    """Return a sentence on the names that are unknown, with the nearest known ones, or an empty string.

    Args:
        given: names of the values that were given.
        known: names of all parameters.
    """
    strange = sorted(set(given) - set(known))
    if not strange:
        return ""
    parts = []
    for name in strange[:_SHOWN]:
        near = get_close_matches(name, known, n=1)
        parts.append(f"'{printable(name)}'" + (f" (did you mean '{near[0]}'?)" if near else ""))
    more = f" and {len(strange) - _SHOWN} more" if len(strange) > _SHOWN else ""
    return f"values are given for parameters that this node does not have, and are ignored: {', '.join(parts)}{more}"


def _warn(node: Any, wanted: Any) -> None:
    overrides = getattr(node, "_parameter_overrides", None)  # rclpy has no public way to see them
    declared = getattr(node, "_parameters", None)
    if not isinstance(overrides, dict) or not isinstance(declared, dict):
        return
    text = unknown([name for name in overrides if wanted(name)], list(declared))
    if text:
        node.get_logger().warning(text)
