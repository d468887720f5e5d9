# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One drive through several conditions."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from fusion_perception.errors import DataError
from fusion_perception.lab.streets.config import CONDITIONS, SceneConfig, SyntheticFrame
from fusion_perception.lab.streets.scene import SyntheticScene

_KEPT = 1
"""Streets kept in memory beside the one being built; one takes about 150 MB at 480 x 640."""
_SHORT = 20
"""Stretches of fewer frames are not worth a background thread."""


class SyntheticSequence:
    """A drive of ``n_frames`` frames that is split evenly into stretches, one per condition.

    Frames are rendered when asked for, in any order. A stretch keeps its street while it is in use; when frames are
    asked for in order, the next street is built in the background.

    Args:
        n_frames: length of the drive, 1 or more.
        height: image height in pixels.
        width: image width in pixels.
        seed: draws the streets.
        conditions: what the stretches are like, in order.
        dt: time between frames in s.
    """

    def __init__(
        self,
        n_frames: int = 120,
        height: int = 480,
        width: int = 640,
        seed: int = 0,
        conditions: Sequence[str] = CONDITIONS,
        dt: float = 0.1,
    ) -> None:
        if n_frames < 1:
            raise DataError(f"n_frames = {n_frames}; a sequence needs at least 1")
        if isinstance(conditions, str) or not conditions:
            raise DataError(f"conditions = {conditions!r}; give a sequence of {', '.join(CONDITIONS)}")
        self._n_frames, self._dt = n_frames, dt
        self.configs = tuple(
            SceneConfig(height=height, width=width, condition=condition, seed=seed + 101 * k)
            for k, condition in enumerate(conditions)
        )
        # The second stretch of glare looks into the sun instead of into headlights.
        glare = 0
        configs = []
        for config in self.configs:
            if config.condition == "glare":
                glare += 1
            configs.append(
                replace(config, glare_source="sun") if config.condition == "glare" and glare % 2 == 0 else config
            )
        self.configs = tuple(configs)
        self._scenes: dict[int, SyntheticScene] = {}
        self._upcoming: tuple[int, Future[SyntheticScene]] | None = None
        self._last = -1

    def __len__(self) -> int:
        return self._n_frames

    def condition(self, i: int) -> str:
        """Return the condition of frame i."""
        return self.configs[self._stretch(self._checked(i))].condition

    def _checked(self, i: int) -> int:
        number = operator.index(i)
        if number < 0:
            number += self._n_frames
        if not 0 <= number < self._n_frames:
            raise IndexError(f"frame {i} of a sequence of {self._n_frames}")
        return number

    def _stretch(self, i: int) -> int:
        return i * len(self.configs) // self._n_frames

    def __getitem__(self, i: int) -> SyntheticFrame:
        number = self._checked(i)
        stretch = self._stretch(number)
        frame = self._scene(stretch).frame(number, self._dt)
        if number == self._last + 1:
            self._prepare(stretch, number)
        self._last = number
        return frame

    def _scene(self, stretch: int) -> SyntheticScene:
        if stretch not in self._scenes:
            while len(self._scenes) >= _KEPT:
                self._scenes.pop(next(iter(self._scenes)))
            if self._upcoming is not None and self._upcoming[0] == stretch:
                self._scenes[stretch] = self._upcoming[1].result()
                self._upcoming = None
            else:
                self._scenes[stretch] = SyntheticScene(self.configs[stretch])
        return self._scenes[stretch]

    def _prepare(self, stretch: int, number: int) -> None:
        """Build the next street in the background when frames are asked for in order, so that none comes late."""
        following = stretch + 1
        length = self._n_frames / len(self.configs)
        due = length >= _SHORT and number > (stretch + 0.4) * length
        if not due or following >= len(self.configs) or following in self._scenes or self._upcoming is not None:
            return
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="synthetic-scene")
        self._upcoming = (following, worker.submit(SyntheticScene, self.configs[following]))
        worker.shutdown(wait=False)

    def __iter__(self) -> Iterator[SyntheticFrame]:
        return (self[i] for i in range(self._n_frames))
