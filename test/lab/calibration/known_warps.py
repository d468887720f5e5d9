# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How well the calibration finds warps that are known, and how often it is wrong without saying so.

``python -m test.lab.calibration.known_warps --data DIR...`` with folders that have ``vi/`` and ``ir/``, or
``--data synthetic``. Each case draws a scale of 0.8 to 1.25, a roll of up to 3 degrees and a shift of up to 40 pixels,
warps all thermal images by it, and lets the calibration find it again without knowing anything. ``--strangers`` gives
thermal images RGB images of other moments instead: then no answer is right, and each that is given counts as wrong.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fusion_perception.lab.calibration.coarse_search import WIDEST, distances, grid
from fusion_perception.lab.calibration.frames import RigFrames
from fusion_perception.lab.calibration.pairs import spread
from fusion_perception.lab.calibration.solution import Calibration, solve
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.streets import CONDITIONS, SyntheticSequence

WRONG = 0.02
"""Median error from which on an answer is wrong, as a part of the RGB image's width."""

Pair = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def warp(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Draw a homography from thermal to RGB pixels of images of a (height, width)."""
    scale, roll = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25)))), float(rng.uniform(-3, 3))
    height, width = shape
    matrix = np.vstack([cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), roll, scale), (0, 0, 1)])
    matrix[:2, 2] += rng.uniform(-40, 40, 2)
    return matrix


def disturbed(pairs: list[Pair], matrix: np.ndarray[Any, Any]) -> Iterator[Pair]:
    """Yield the pairs as a thermal camera would see them that the homography lays onto the RGB camera."""
    for thermal, rgb in pairs:
        yield cv2.warpPerspective(thermal, np.linalg.inv(matrix), thermal.shape[::-1], flags=cv2.INTER_CUBIC), rgb


def errors(found: Calibration, matrix: np.ndarray[Any, Any], shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Return by how many RGB pixels an answer is off, over the part of the thermal image that RGB shows."""
    points = grid(shape, 17)
    place = cv2.perspectiveTransform(points[None], matrix)[0]
    shown = ((place >= 0) & (place <= np.array([shape[1] - 1, shape[0] - 1]))).all(axis=1)
    return distances(found.matrix, matrix, points[shown])


def folder_pairs(folders: list[str], split: str | None, crop: tuple[int, int] | None, number: int) -> list[Pair]:
    """Read so many pairs, spread over all folders, cut to the middle of an equal size if one is given."""
    found: list[Pair] = []
    for folder in folders:
        data = PairDataset(folder, split, with_labels=False)
        names = [k for k in range(len(data)) if crop is None or _fits(data[k], crop)]
        for k in spread(len(names), -(-number // len(folders))):
            pair = data[names[k]]
            found.append((pair.thermal, pair.rgb) if crop is None else (_cut(pair.thermal, crop), _cut(pair.rgb, crop)))
    return found


def _fits(pair: Any, crop: tuple[int, int]) -> bool:
    height, width = pair.thermal.shape
    return pair.rgb.shape[:2] == (height, width) and height >= crop[0] and width >= crop[1]


def _cut(image: np.ndarray[Any, Any], crop: tuple[int, int]) -> np.ndarray[Any, Any]:
    top, left = (image.shape[0] - crop[0]) // 2, (image.shape[1] - crop[1]) // 2
    return np.ascontiguousarray(image[top : top + crop[0], left : left + crop[1]])


def street_pairs(number: int, seed: int) -> list[Pair]:
    """Render pairs of as many streets as there are conditions, by day twice as many."""
    conditions = [name for name in CONDITIONS for _ in range(2 if name == "day" else 1)]
    sequence = SyntheticSequence(number, seed=seed, conditions=conditions, dt=1.0)
    return [(frame.thermal, frame.rgb) for frame in sequence]


def main() -> None:
    """Run the cases and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True, metavar="DIR", help="folders of one rig, or 'synthetic'")
    parser.add_argument("--split", help="text file of names, or the name of a split")
    parser.add_argument("--crop", type=int, nargs=2, metavar=("HEIGHT", "WIDTH"), help="for pairs of unequal sizes")
    parser.add_argument("--cases", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=24, help="of each case; default: %(default)d")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strangers", action="store_true", help="thermal and RGB of different moments")
    arguments = parser.parse_args()
    if arguments.data == ["synthetic"]:
        pairs = street_pairs(2 * arguments.pairs, arguments.seed)
    else:
        crop = None if arguments.crop is None else (arguments.crop[0], arguments.crop[1])
        pairs = folder_pairs(arguments.data, arguments.split, crop, 2 * arguments.pairs)
    shape = pairs[0][0].shape
    print(f"{' '.join(Path(name).name for name in arguments.data)}: {len(pairs)} pairs of {shape[1]} x {shape[0]}")
    medians, wrong, refused = [], 0, 0
    for case in range(arguments.cases):
        rng = np.random.default_rng((arguments.seed, case))
        chosen = np.sort(rng.permutation(len(pairs))[: arguments.pairs])
        some = [pairs[k] for k in chosen]
        if arguments.strangers:
            some = [(some[k][0], some[(k + len(some) // 2) % len(some)][1]) for k in range(len(some))]
        matrix = warp(rng, shape)
        start = time.process_time()
        found = solve(RigFrames.of(disturbed(some, matrix)), WIDEST)
        off = errors(found, matrix, shape)
        median = float(np.median(off))
        is_wrong = arguments.strangers or median > WRONG * pairs[0][1].shape[1]
        wrong += is_wrong and not found.doubts
        refused += bool(found.doubts)
        if not found.doubts:
            medians.append(median)
        scale, roll = np.hypot(matrix[0, 0], matrix[0, 1]), np.degrees(np.arctan2(matrix[0, 1], matrix[0, 0]))
        print(
            f"{case:3d} scale {scale:.2f} roll {roll:+.1f}: off {median:5.2f} px (most {off.max():.1f}), own residual "
            f"{found.residual(50):.1f} px of {found.residuals.size}, halves {found.split:.1f} px, margin "
            f"{found.margin:.2f}, {found.kind}, {time.process_time() - start:.1f} s of CPU  {'; '.join(found.doubts)}",
            flush=True,
        )
    middle = f"median of the medians {np.median(medians):.2f} px, most {max(medians):.2f} px; " if medians else ""
    print(f"{middle}{arguments.cases} cases, {refused} refused, {wrong} wrong without a warning")


if __name__ == "__main__":
    main()
