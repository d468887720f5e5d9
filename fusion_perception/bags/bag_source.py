# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Thermal and RGB pairs from a bag, without a ROS installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.clock_drift import ClockDrift, clock_drift
from fusion_perception.bags.image_topic import ImageTopic
from fusion_perception.bags.pairing_plan import PairingPlan, plan_pairing
from fusion_perception.errors import DataError
from fusion_perception.sync import PairMatcher, SyncSettings
from fusion_perception.types import Frame, FramePair

_MAX_WAIT_NS = 2_000_000_000  # of bag time: recorders write late streams late
_WINDOW, _WINDOW_BYTES = 120, 512_000_000  # frames of each camera that wait for a partner, and bytes of both cameras


class BagSource:
    """The image pairs of a bag, matched by their stamps; it can be iterated again.

    A message that cannot be used is left out and told; only a topic without a single usable image ends it. Where a
    camera left its stamps empty, the times at which the recorder got the images stand for the stamps of both. Of a bag
    with one camera, pairs have one frame. So they have, if that is allowed, while one of two cameras gives no images
    for a second or more, as in the node. Frames are ``RecordedFrame``s.

    Args:
        path: folder of a bag, or one of its files (mcap, db3, bag).
        thermal_topic: topic of the thermal images; empty finds it by look and name, ``"none"`` leaves it out.
        rgb_topic: topic of the RGB images, in the same way.
        warn: gets a sentence about what is wrong with the bag, each once.
        thermal_offset_ms: added to thermal stamps before they are compared; None finds out whether the clocks of the
            cameras differ.
        allow_missing: give the frames of one camera alone while the other one of a bag with two gives none.

    Raises:
        DataError: not a bag, or the two topics cannot be told.
        BackendError: a package that reads bags is not installed.
    """

    def __init__(
        self,
        path: Path,
        thermal_topic: str = "",
        rgb_topic: str = "",
        warn: Callable[[str], object] = print,
        thermal_offset_ms: float | None = None,
        *,
        allow_missing: bool = False,
    ) -> None:
        self._allow_missing = allow_missing
        self._bag = BagReader(path)
        self._path = path
        self._warn = warn
        self._told: set[str] = set()
        self._settings = SyncSettings(max_wait_ns=_MAX_WAIT_NS, allow_missing=False)
        self._matcher = PairMatcher(self._settings)
        self.plan: PairingPlan = plan_pairing(self._bag, thermal_topic, rgb_topic, thermal_offset_ms)
        """How the bag is read."""
        self.topics: dict[str, ImageTopic] = {}
        """The cameras as they were read last, by ``"thermal"`` and ``"rgb"``."""
        self.alone: dict[str, int] = {}
        """Frames of each camera that came alone although the bag has two cameras, of the last reading."""
        self._pairs = 0  # of both cameras, of the last reading
        for remark in self.plan.remarks:
            self._tell(remark)

    @property
    def thermal_topic(self) -> str:
        """Topic of the thermal camera; empty when there is none."""
        return self.plan.thermal_topic

    @property
    def rgb_topic(self) -> str:
        """Topic of the RGB camera; empty when there is none."""
        return self.plan.rgb_topic

    @property
    def expected_pairs(self) -> int:
        """About how many pairs there are: as many as the slower camera has messages, or would have without a gap."""
        counts = [self._bag.topics[topic].messages for topic in self.plan.sensors]
        periods_ns = [self.plan.surveys[topic].period_ns or 0 for topic in self.plan.sensors]
        if not self._allow_missing or not all(periods_ns):
            return min(counts)
        whole = (self._bag.end_ns - self._bag.start_ns) // max(periods_ns) + 1
        return max(min(counts), min(max(counts), whole))

    @property
    def reader(self) -> BagReader:
        """The open bag, for its other topics."""
        return self._bag

    @property
    def damage(self) -> tuple[str, ...]:
        """What of the files cannot be read; it may become more while it is read."""
        return self._bag.damage

    @property
    def tolerance_ns(self) -> int:
        """Largest stamp difference of a pair, as it was at last."""
        return self._matcher.tolerance_ns

    @property
    def trouble(self) -> dict[str, int]:
        """How many images could not be used so far: damaged ones of each camera, and those without a partner."""
        counts = {f"damaged_{sensor}": topic.bad for sensor, topic in self.topics.items()}
        return {**counts, "no_partner": self._matcher.statistics.no_partner}

    @property
    def pairing(self) -> PairMatcher:
        """What has paired last, with its counts."""
        return self._matcher

    def __iter__(self) -> Iterator[FramePair]:
        sensors = self.plan.sensors
        by_receipt = self.plan.by_receipt
        self.topics = {
            sensor: ImageTopic(f"{self._path}, topic {topic}", sensor, by_receipt=by_receipt)
            for topic, sensor in sensors.items()
        }
        surveyed = [self.plan.surveys[topic].look for topic in sensors]
        window = _window(max((look.bytes for look in surveyed if look is not None), default=0))
        self._settings = SyncSettings(
            window=window,
            max_wait_ns=_MAX_WAIT_NS,
            allow_missing=self._allow_missing,
            thermal_offset_ns=self.plan.thermal_offset_ns,
        )
        self._matcher = PairMatcher(self._settings)
        self.alone, self._pairs = {}, 0
        came = False
        for pair in self._single() if len(sensors) == 1 else self._paired():
            came = True
            yield pair
        for topic in self.topics.values():
            if trouble := topic.trouble():
                self._tell(trouble)
        for sentence in (*self.damage, *self.remarks()):
            self._tell(f"{self._path}: {sentence}")
        if not came:
            raise DataError(f"{self._path}: {self._why_none()}")

    def remarks(self) -> Iterator[str]:
        """Yield sentences about the two cameras, as they were at the last reading."""
        for sensor, number in self.alone.items():
            yield (
                f"{number} images of the {sensor} camera come alone, because the other one has none that fits for a "
                "second or more"
            )
        if self.alone and not self._pairs:
            yield self._why_none()
        if (drift := self.drift) is not None and drift.sentence:
            yield drift.sentence

    def close(self) -> None:
        """Remove what had to be unpacked."""
        self._bag.close()

    @property
    def drift(self) -> ClockDrift | None:
        """How far the clocks of two cameras have run apart, of the last reading; None where that cannot be told."""
        return clock_drift(self.topics["thermal"].ages, self.topics["rgb"].ages) if len(self.topics) == 2 else None

    def _single(self) -> Iterator[FramePair]:
        ((sensor, topic),) = self.topics.items()
        for stored in self._bag.messages(self.plan.sensors):
            for frame in topic.read(stored):
                yield _single(sensor, frame)
        for frame in topic.finish():
            yield _single(sensor, frame)

    def _paired(self) -> Iterator[FramePair]:
        matcher, sensors = self._matcher, self.plan.sensors
        time_ns = 0
        for stored in self._bag.messages(sensors):
            sensor, time_ns = sensors[stored.topic], stored.time_ns
            for frame in self.topics[sensor].read(stored):
                yield from self._add(sensor, frame, time_ns)
        for sensor, topic in self.topics.items():
            for frame in topic.finish():
                yield from self._add(sensor, frame, time_ns)
        for pair in matcher.finish():
            self._pairs += 1
            yield pair

    def _add(self, sensor: str, frame: Frame, time_ns: int) -> list[FramePair]:
        window = _window(np.asarray(frame.image).nbytes)
        if window < self._matcher.settings.window:  # images have become larger
            self._matcher.apply(replace(self._settings, window=window))
        given = []
        for pair in self._matcher.add(sensor, frame, time_ns):
            if pair.thermal is not None and pair.rgb is not None:
                self._pairs += 1
            elif not self._pairs and self._matcher.missing_sensor(time_ns) is None:
                continue  # both give images and none has paired: what is wrong is told if that goes on to the end
            else:
                self.alone[sensor] = self.alone.get(sensor, 0) + 1
            given.append(pair)
        return given

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._warn(sentence)

    def _why_none(self) -> str:
        """Say why there is no pair."""
        counts = ", ".join(f"{topic.good} {sensor} images" for sensor, topic in self.topics.items())
        if len(self.topics) == 1 or not all(topic.good for topic in self.topics.values()):
            damage = "".join(f"; {sentence}" for sentence in self.damage[:1])
            return f"there is no image that can be used ({counts}){damage}"
        thermal, rgb = (self.plan.surveys[topic] for topic in (self.thermal_topic, self.rgb_topic))
        apart_ms = (rgb.stamps_ns[0] - thermal.stamps_ns[0]) / 1e6 if rgb.stamps_ns and thermal.stamps_ns else 0.0
        return (
            f"no two images are within {self.tolerance_ns / 1e6:.0f} ms ({counts}); the first RGB image is stamped "
            f"{apart_ms:+.0f} ms from the first thermal one: if they were taken together, give --thermal-offset-ms "
            f"{apart_ms:.0f} (bag_thermal_offset_ms of replay_node)"
        )


def _single(sensor: str, frame: Frame) -> FramePair:
    return FramePair(frame, None) if sensor == "thermal" else FramePair(None, frame)


def _window(frame_bytes: int) -> int:
    """Return how many frames of each camera may wait for a partner."""
    return max(2, min(_WINDOW, _WINDOW_BYTES // (2 * max(1, frame_bytes))))
