# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Plain surfaces: things of no class, such as boards, walls with panes and signs; and panels on vehicles."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.labels import IGNORE

Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]

HEIGHTS = (0.04, 0.5)
"""Of a thing, over the height of the image."""
ASPECTS = (0.25, 3.5)
"""Width over height."""
HOT = 0.3
"""Share of the things that are as warm as people; the others are about as warm as what is behind them."""
_TRIES = 3
PAINTED_AREA = 1500
"""Smallest vehicle that gets a panel, in pixels."""


def distract(arrays: Arrays, count: int, rng: np.random.Generator) -> Arrays:
    """Return copies with up to ``count`` plain things put in front of the scene, labelled 0.

    In thermal alone a wall or a shelter looks like a parked car, and a warm pillar like a person; few training pairs
    show one. A thing is a rectangle, a quadrilateral seen at an angle, a disc on a board, or an ellipse, some with
    panes. It wears a piece of the picture itself, with other contrast and brightness, so that noise and blur are those
    of the cameras.

    Args:
        arrays: thermal (H, W), rgb (H, W, 3) and labels (H, W), all uint8.
        count: number of things, 0 or more.
        rng: source of all randomness.
    """
    thermal, rgb, labels = (a.copy() for a in arrays)
    height, width = labels.shape
    for _ in range(count):
        h = int(np.clip(height * _log_uniform(HEIGHTS, rng), 4, height - 1))
        w = int(np.clip(h * _log_uniform(ASPECTS, rng), 3, width - 1))
        y, x = _place(labels, h, w, rng)
        box = (slice(y, y + h), slice(x, x + w))
        shape = _outline(h, w, rng)
        panes = _panes(h, w, rng) if rng.random() < 0.5 else np.zeros((h, w), np.float32)
        soft = cv2.GaussianBlur(shape, (3, 3), 0)
        _cover((thermal, rgb), labels, box, soft, panes, _warmth(rng), rng)
        labels[box][shape > 0.5] = 0
    return thermal, rgb, labels


def repaint(arrays: Arrays, ids: Iterable[int], rng: np.random.Generator) -> Arrays:
    """Return copies in which large vehicles have a plain panel, as the side of a lorry; labels stay as they are.

    What is flat belongs to a vehicle where wheels, lights and outline say so, and is a wall elsewhere: this shows the
    one, ``distract`` the other.

    Args:
        arrays: thermal (H, W), rgb (H, W, 3) and labels (H, W), all uint8.
        ids: label ids of vehicles.
        rng: source of all randomness.
    """
    thermal, rgb, labels = (a.copy() for a in arrays)
    for label in ids:
        count, parts, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=8)
        for part in range(1, count):
            x, y, w, h, area = (int(v) for v in stats[part])
            if area < PAINTED_AREA:
                continue
            # Wheels and what is under the body stay.
            height, width = int(h * rng.uniform(0.3, 0.8)), int(w * rng.uniform(0.4, 1.0))
            x += int(rng.integers(0, w - width + 1))
            box = (slice(y, y + height), slice(x, x + width))
            soft = cv2.GaussianBlur((parts[box] == part).astype(np.float32), (3, 3), 0)
            panes = _panes(height, width, rng) if rng.random() < 0.5 else np.zeros((height, width), np.float32)
            warmth = (float(np.exp(rng.uniform(-0.6, 0.4))), float(rng.uniform(-8, 8)))
            _cover((thermal, rgb), labels, box, soft, panes, warmth, rng)
    return thermal, rgb, labels


def _cover(
    images: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    labels: NDArray[np.uint8],
    box: tuple[slice, slice],
    soft: NDArray[np.float32],
    panes: NDArray[np.float32],
    warmth: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Put a surface on both images, in place."""
    thermal, rgb = images
    h, w = soft.shape
    y, x = _place(labels, h, w, rng)
    source = (slice(y, y + h), slice(x, x + w))
    thermal[box] = _worn(thermal[source], thermal[box], soft, panes, warmth, rng)
    tint = np.exp(rng.uniform(-0.7, 1.0)) * np.exp(rng.uniform(-0.15, 0.15, 3))
    for channel in range(3):
        level = (float(tint[channel]), float(rng.uniform(-4, 12)))
        rgb[box][..., channel] = _worn(rgb[source][..., channel], rgb[box][..., channel], soft, panes, level, rng)


def _log_uniform(limits: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(limits[0]), np.log(limits[1]))))


def _place(labels: NDArray[np.uint8], h: int, w: int, rng: np.random.Generator) -> tuple[int, int]:
    """Return the upper left corner of a window: of a few, the one with fewest pixels of objects."""
    height, width = labels.shape
    found: list[tuple[int, int, int]] = []
    for _ in range(_TRIES):
        bottom = int(rng.uniform(0.4, 1.0) * height)
        y, x = min(max(bottom - h, 0), height - h), int(rng.integers(0, width - w + 1))
        window = labels[y : y + h, x : x + w]
        found.append((int(((window > 0) & (window != IGNORE)).sum()), y, x))
    return min(found)[1:]


def _outline(h: int, w: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a (h, w) silhouette, 1 inside."""
    mask = np.zeros((h, w), np.float32)
    kind = rng.random()
    if kind < 0.35:
        mask[:] = 1
    elif kind < 0.65:  # a wall along the road: the far side is lower
        far = rng.uniform(0.3, 0.9)
        top, bottom = rng.uniform(0, 1) * (1 - far) * h, h - 1 - rng.uniform(0, 0.3) * (1 - far) * h
        corners = np.array([[0, 0], [w - 1, top], [w - 1, max(bottom, top + 2)], [0, h - 1]])
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1.0)
        mask = mask[:, ::-1] if rng.random() < 0.5 else mask
    elif kind < 0.8:  # a disc on a board, as at a bus stop
        radius = max(2, min(w, h // 2) // 2)
        cv2.circle(mask, (w // 2, radius), radius, 1.0, -1)
        half = max(1, int(radius * rng.uniform(0.1, 0.9)))
        mask[radius:, max(0, w // 2 - half) : w // 2 + half] = 1
    else:
        cv2.ellipse(mask, (w // 2, h // 2), (max(1, w // 2), max(1, h // 2)), 0, 0, 360, 1.0, -1)
    return np.ascontiguousarray(mask)


def _panes(h: int, w: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return (h, w): -1..1 in panes or stripes, 0 between them."""
    panes = np.zeros((h, w), np.float32)
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    top, bottom = sorted(rng.uniform(0.05, 0.95, 2))
    for i in range(rows):
        for j in range(columns):
            y0, y1 = (int(h * (top + (bottom - top) * (i + k) / rows)) for k in (0.1, 0.9))
            x0, x1 = (int(w * (j + k) / columns) for k in (0.1, 0.9))
            panes[y0:y1, x0:x1] = 1
    return panes * float(rng.uniform(-1, 1))


def _warmth(rng: np.random.Generator) -> tuple[float, float]:
    """Return (factor, offset) on what is behind: hot, or within some grey levels."""
    if rng.random() < HOT:
        return float(np.exp(rng.uniform(0.0, 1.2))), float(rng.uniform(20, 140))
    return float(np.exp(rng.uniform(-0.5, 0.3))), float(rng.uniform(-10, 12))


def _worn(
    source: NDArray[np.uint8],
    behind: NDArray[np.uint8],
    soft: NDArray[np.float32],
    panes: NDArray[np.float32],
    level: tuple[float, float],
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Return one channel of the place: the piece ``source`` at the level of the place, over what was behind."""
    mean = level[0] * float(behind.mean()) + level[1]
    contrast = float(np.exp(rng.uniform(np.log(0.05), np.log(0.8))))
    pane = float(rng.uniform(0, 0.5)) * max(mean, 8.0) * panes
    surface = mean + contrast * (source - float(source.mean())) + pane
    return np.clip(soft * surface + (1 - soft) * behind, 0, 255).astype(np.uint8)
