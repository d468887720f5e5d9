# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The thread that runs the engine on the newest pair and publishes the result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fusion_perception.errors import ImageError
from fusion_perception.health import ContributionWatch, read_evidence
from fusion_perception.labels import LabelSet
from fusion_perception.perceiver import Perceiver
from fusion_perception.ros.failure import describe
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.outputs import ResultOutputs
from fusion_perception.ros.stamp_age import is_plausible
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.sync import LatestSlot
from fusion_perception.text import printable
from fusion_perception.types import FramePair, Perception

_ATTRIBUTION_RETRY_S = 10.0  # after a failure: every try costs an inference
_STUCK_S = 10.0  # computing one pair; also a slow machine with attribution needs less


class PerceptionWorker:
    """Takes the newest pair from a slot, perceives and publishes, until it is closed.

    Args:
        perceiver: runs the engine.
        outputs: publishes.
        statistics: gets counters and latencies.
        now_ns: the node's clock, which stamps are compared with.
        labels: names of the mask ids.
        evidence: the model's attribution tells what each sensor contributed.
        camera_info: returns the calibration of a camera, ``"thermal"`` or ``"rgb"``, or None.
        alive: whether publishing is still possible; not after SIGTERM.
        logger: the node's logger.
    """

    def __init__(
        self,
        perceiver: Perceiver,
        outputs: ResultOutputs,
        statistics: NodeStatistics,
        *,
        now_ns: Callable[[], int],
        labels: LabelSet,
        evidence: bool,
        camera_info: Callable[[str], Any],
        alive: Callable[[], bool],
        logger: Any,
    ) -> None:
        self.slot: LatestSlot[tuple[FramePair, int]] = LatestSlot()
        self.lazy = True
        self.attribution_enabled = True
        self.attribution_period_s = 0.0
        self.look_period_s = 0.0
        self.contribution = ContributionWatch()
        self._perceiver = perceiver
        self._outputs = outputs
        self._statistics = statistics
        self._now_ns = now_ns
        self._labels = labels
        self._evidence = evidence
        self._camera_info = camera_info
        self._alive = alive
        self._logger = logger
        self._throttle = LogThrottle()
        self._attribution_due = 0.0
        self._look_due = 0.0
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="perception", daemon=True)
        self._thread.start()

    def put(self, pair: FramePair) -> None:
        """Hand over a pair; an older one that is still waiting is dropped."""
        if self.slot.put((pair, time.monotonic_ns())):
            self._statistics.count("dropped")

    def trouble(self) -> str | None:
        """Return why no results come although pairs do, or None."""
        busy_since = self._busy_since
        if not self._thread.is_alive():
            return None if self.slot.closed else "no results: the thread that computes them has ended"
        busy_s = 0.0 if busy_since is None else time.monotonic() - busy_since
        if busy_s > _STUCK_S:
            return f"no result for {busy_s:.0f} s: the engine has been busy with one pair for so long"
        return None

    def close(self) -> None:
        """End the thread and wait for it."""
        self.slot.close()
        self._thread.join()

    def _run(self) -> None:
        while (item := self.slot.take()) is not None:  # it waits until there is one, or the slot is closed
            try:
                self._busy_since = time.monotonic()
                self._process(*item)
            except Exception as error:  # one bad pair must not end the thread
                if self.slot.closed or not self._alive():
                    return  # the node is going down and its publishers with it
                self._statistics.count("failures")
                with suppress(Exception):  # nor may the logger
                    text = f"no result for a pair: {printable(describe(error))}"
                    admitted = self._throttle.admit(type(error).__name__, text)
                    if admitted:
                        self._logger.error(admitted)
            finally:
                self._busy_since = None

    def _process(self, pair: FramePair, put_ns: int) -> None:
        info = self._camera_info("thermal" if pair.rgb is None else "rgb")
        if self.lazy and not self._outputs.wants_anything():
            self._statistics.count("idle")
            size = pair.reference.image.shape
            self._outputs.publish_info((size[0], size[1]), pair.reference.stamp_ns, pair.reference.frame_id, info)
            return
        perception = self._perceive(pair)
        if perception.degraded:
            self._statistics.count("degraded")
        evidence = read_evidence(perception.outputs, self._labels)
        if evidence is not None:
            self.contribution.see(evidence, time.monotonic_ns(), perception.degraded)
        start = time.perf_counter()
        self._outputs.publish(perception, info)
        self._statistics.count("results")
        self._perceiver.look_at_alignment(time.monotonic_ns())  # seldom, and after the results are out
        for stage, duration_ms in perception.timings_ms.items():
            self._statistics.record(stage, duration_ms)
        self._statistics.record("publish", (time.perf_counter() - start) * 1e3)
        processing_ns = time.monotonic_ns() - put_ns
        self._statistics.record("processing", processing_ns / 1e6)
        latency_ns = self._now_ns() - perception.stamp_ns
        if is_plausible(
            latency_ns - processing_ns
        ):  # else the camera's clock is not ours, and the figure means nothing
            self._statistics.record("latency", latency_ns / 1e6)

    def _perceive(self, pair: FramePair) -> Perception:
        """Run a pair; one whose attribution fails is run again without, so that its other results are not lost."""
        if not self._take_attribution():
            return self._perceiver.perceive(pair)
        try:
            return self._perceiver.perceive(pair, attribution=True)
        except ImageError:
            raise  # the pair is at fault
        except Exception as error:
            perception = self._perceiver.perceive(pair)  # fails as well when it is not for the attribution
            self._attribution_due = time.monotonic() + _ATTRIBUTION_RETRY_S
            self._statistics.count("attribution_failures")
            text = (
                f"no attribution for a pair: {describe(error)}; fused image and mask go on without it, and it is "
                f"tried again in {_ATTRIBUTION_RETRY_S:g} s"
            )
            admitted = self._throttle.admit("attribution", text)
            if admitted:
                self._logger.warning(admitted)
            return perception

    def _take_attribution(self) -> bool:
        """Whether this pair gets an attribution: allowed, due, and listened to, or it is time for a look at it."""
        now = time.monotonic()
        if not self.attribution_enabled or now < self._attribution_due:
            return False
        look = self._evidence and self.look_period_s > 0 and now >= self._look_due
        if not (look or self._outputs.wants_attribution()):
            return False
        self._attribution_due = now + self.attribution_period_s
        self._look_due = now + self.look_period_s
        return True
