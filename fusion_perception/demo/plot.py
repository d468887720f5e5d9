# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The latency of every result over time, as SVG that stands inside a page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 880, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 112, 14, 34
_STEPS = (1, 2, 5)


def latency_plot(times_s: Sequence[float], latencies_ms: Sequence[float], marks: Mapping[str, float]) -> str:
    """Draw one dot per result and a line for each mark.

    Colours come from the CSS variables ``--dot``, ``--mark``, ``--grid`` and ``--ink`` of the page.

    Args:
        times_s: time of each result since the first, in seconds.
        latencies_ms: its latency in milliseconds.
        marks: name -> latency of a horizontal line, for example ``{"p50": 61.0}``.

    Returns:
        An ``<svg>`` element.
    """
    if not times_s:
        return '<p class="note">No result, no latency.</p>'
    top_ms = _nice_above(max(*latencies_ms, *marks.values(), 1.0))
    last_s = max(*times_s, 1.0)

    def x(seconds: float) -> float:
        return _LEFT + seconds / last_s * (_WIDTH - _LEFT - _RIGHT)

    def y(milliseconds: float) -> float:
        return _HEIGHT - _BOTTOM - max(0.0, milliseconds) / top_ms * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="latency of each result over time" '
        'font-family="inherit" font-size="12">'
    ]
    for value in _ticks(top_ms):
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="var(--grid)"/>'
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="var(--ink)">{value:g}</text>'
        )
    for value in _ticks(last_s):
        parts.append(
            f'<text x="{x(value):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle" fill="var(--ink)">'
            f"{value:g}</text>"
        )
    parts.append(
        f'<text x="{_LEFT - 8}" y="{_HEIGHT - 4}" text-anchor="end" fill="var(--ink)">ms</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 2}" text-anchor="end" fill="var(--ink)">'
        "seconds since the first result</text>"
    )
    dots = "".join(
        f'<circle cx="{x(t):.1f}" cy="{y(v):.1f}" r="2.6"/>' for t, v in zip(times_s, latencies_ms, strict=True)
    )
    parts.append(f'<g fill="var(--dot)" fill-opacity="0.75">{dots}</g>')
    label_y = -math.inf
    for name, value in sorted(marks.items(), key=lambda item: -item[1]):
        label_y = max(y(value) + 4, label_y + 14)  # labels of close lines stand below one another
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="var(--mark)" '
            'stroke-dasharray="5 4"/>'
            f'<text x="{_WIDTH - _RIGHT + 8}" y="{label_y:.1f}" fill="var(--mark)">{name} {value:.0f} ms</text>'
        )
    parts.append("</svg>")
    return "".join(parts)


def _nice_above(value: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten, or its half, that is not below the value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= value)


def _ticks(last: float) -> list[float]:
    """Return four to eight round numbers from 0 to at most ``last``."""
    power = 10.0 ** math.floor(math.log10(last / 4))
    step = next((s * power for s in _STEPS if last / (s * power) <= 8), 10 * power)
    return [round(step * number, 10) for number in range(int(last / step + 1e-9) + 1)]
