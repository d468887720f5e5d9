# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""When which camera exposes: offset, jitter and drops of a replayed sequence."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fusion_perception.demo.replay.pair_buffer import frame_bytes
from fusion_perception.errors import DataError
from fusion_perception.types import Frame, FramePair


@dataclass(frozen=True)
class ReplayTiming:
    """Timing of the two simulated cameras.

    Attributes:
        rate: pairs a second.
        thermal_offset_ms: how much later than RGB the thermal camera exposes.
        jitter_ms: standard deviation of each exposure time; cut at 45 % of a period.
        drop_probability: probability that a frame of either camera is lost.
        seed: seed of jitter and drops.
    """

    rate: float = 10.0
    thermal_offset_ms: float = 0.0
    jitter_ms: float = 0.0
    drop_probability: float = 0.0
    seed: int = 0

    @property
    def period_s(self) -> float:
        """Seconds between two pairs."""
        return 1.0 / self.rate

    @property
    def jitter_limit_s(self) -> float:
        """Largest deviation of an exposure: frames of one camera never overtake one another."""
        return 0.45 * self.period_s


@dataclass(frozen=True)
class Exposure:
    """One frame to publish.

    Attributes:
        time_s: seconds after the first nominal exposure; may be a little negative.
        sensor: ``"thermal"`` or ``"rgb"``.
        frame: the image.
    """

    time_s: float
    sensor: str
    frame: Frame


def schedule(
    pairs: Iterable[FramePair],
    timing: ReplayTiming,
    delay: Callable[[float], float] = lambda time_s: 0.0,
    most_bytes: float = math.inf,
) -> Iterator[Exposure]:
    """Yield the exposures that arrive, in the order of their times.

    An exposure is held back until none of a later pair can come before it: offsets may exceed a period.

    Args:
        pairs: the pairs in order; the iterator may wait for data.
        timing: offset, jitter and drops.
        delay: planned time of a pair in s -> how much later it is due, in s; must not fall from pair to pair.
        most_bytes: pixels that may be held back.

    Raises:
        DataError: the offset is so long that more would have to be held back.
    """
    generator = random.Random(timing.seed)  # noqa: S311 - not for secrets
    offsets_s = {"rgb": 0.0, "thermal": timing.thermal_offset_ms / 1e3}
    waiting: list[Exposure] = []
    for index, pair in enumerate(pairs):
        pair_s = index * timing.period_s
        pair_s += delay(pair_s)
        for sensor, frame in (("rgb", pair.rgb), ("thermal", pair.thermal)):
            jitter_s = generator.gauss(0.0, timing.jitter_ms / 1e3)
            jitter_s = min(timing.jitter_limit_s, max(-timing.jitter_limit_s, jitter_s))
            dropped = generator.random() < timing.drop_probability
            if frame is not None and not dropped:
                waiting.append(Exposure(pair_s + offsets_s[sensor] + jitter_s, sensor, frame))
        held = sum(frame_bytes(item.frame) for item in waiting) if len(waiting) > 2 else 0  # one pair always has room
        if held > most_bytes:
            raise DataError(
                f"thermal_offset_ms of {timing.thermal_offset_ms:g} holds back {len(waiting)} images of "
                f"{held / 1e6:.0f} MB; allowed: {most_bytes / 1e6:.0f} MB, so give a smaller offset or a larger "
                "look_ahead_mb"
            )
        waiting.sort(key=lambda item: item.time_s)
        earliest_s = pair_s + timing.period_s - timing.jitter_limit_s + min(offsets_s.values())
        while waiting and waiting[0].time_s <= earliest_s:
            yield waiting.pop(0)
    yield from waiting
