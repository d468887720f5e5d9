# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Streams of stamps for the matcher's tests, and a slow, obvious matcher to compare with."""

import random
from dataclasses import dataclass

import numpy as np

from fusion_perception.sync import PairMatcher
from fusion_perception.types import Frame

MS = 1_000_000
PIXEL = np.zeros((1, 1), np.uint8)


@dataclass(frozen=True)
class Arrival:
    """A frame: when it arrives, from which camera, and the stamp it carries; all in nanoseconds."""

    at_ns: int
    sensor: str
    stamp_ns: int


def stream(sensor, rate, seconds, *, start_ms=0.0, late_ms=2.0, clock_ms=0.0, jitter_ms=0.0, drop=0.0, seed=0):
    """Frames of one camera; ``clock_ms`` shifts the stamps, ``late_ms`` the arrival."""
    generator = random.Random(f"{sensor}{seed}")  # noqa: S311 - not for secrets
    arrivals = []
    for index in range(int(seconds * rate)):
        exposed_ms = start_ms + index * 1e3 / rate + generator.gauss(0, jitter_ms)
        if generator.random() >= drop:
            stamp_ns = round((exposed_ms + clock_ms) * MS)
            arrivals.append(Arrival(round((exposed_ms + late_ms) * MS), sensor, stamp_ns))
    return arrivals


def merge(*streams):
    return sorted((arrival for arrivals in streams for arrival in arrivals), key=lambda item: item.at_ns)


def run(arrivals, settings=None, matcher=None, clock_ns=None):
    """Feed a matcher; returns it and (emission time, thermal stamp or None, rgb stamp or None) of every pair.

    With ``clock_ns`` it gets a clock as well, which is ahead of the arrivals by so much.
    """
    matcher = matcher or PairMatcher(settings)
    emitted = []
    for arrival in arrivals:
        clock = () if clock_ns is None else (arrival.at_ns + clock_ns,)
        for pair in matcher.add(arrival.sensor, Frame(PIXEL, arrival.stamp_ns), arrival.at_ns, *clock):
            stamps = tuple(frame.stamp_ns if frame else None for frame in (pair.thermal, pair.rgb))
            emitted.append((arrival.at_ns, *stamps))
    return matcher, emitted


def stamps_of(emitted):
    return [(thermal, rgb) for _, thermal, rgb in emitted]


def mutual_nearest(arrivals, tolerance_ns):
    """Pairs of frames that are each other's nearest within the tolerance: the answer with hindsight."""
    by_sensor = {name: sorted(a.stamp_ns for a in arrivals if a.sensor == name) for name in ("thermal", "rgb")}
    pairs = []
    for thermal in by_sensor["thermal"]:
        rgb = min(by_sensor["rgb"], key=lambda stamp: abs(stamp - thermal), default=None)
        if rgb is None or abs(rgb - thermal) > tolerance_ns:
            continue
        if min(by_sensor["thermal"], key=lambda stamp: abs(stamp - rgb)) == thermal:
            pairs.append((thermal, rgb))
    return pairs
