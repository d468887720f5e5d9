# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The node that plays a sequence as two cameras would."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from fusion_perception.bags.folder_source import FolderSource
from fusion_perception.demo.replay.pair_buffer import PairBuffer
from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.demo.replay.replay_progress import ReplayProgress
from fusion_perception.demo.replay.replay_schedule import Exposure, ReplayTiming, schedule
from fusion_perception.demo.replay.replay_source import open_source
from fusion_perception.errors import DataError, FusionPerceptionError
from fusion_perception.ros import qos
from fusion_perception.ros.camera_topics import TOPICS
from fusion_perception.ros.conversion import fill_message
from fusion_perception.ros.parameter_declaration import declare, read
from fusion_perception.ros.printable_logger import PrintableLog
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.ros.twin_watch import TwinWatch
from fusion_perception.ros.unknown_parameters import warn_about_unknown_overrides
from fusion_perception.types import FramePair

_PROGRESS_S = 5.0
_PROGRESS_MAX_S = 60.0  # progress is told ever more seldom: a loop can run for days
_POLL_S = 0.05
_MEGABYTE = 1_000_000
_ACKNOWLEDGE_S = 5  # at the end: longest wait for the last images to arrive
_DECODER_JOIN_S = 0.5  # rendering cannot be interrupted, and the decoder touches nothing of ROS
_THERMAL_ENCODINGS = {"uint8": "mono8", "uint16": "mono16", "float32": "32FC1"}


class ReplayPublisher(PrintableLog, Node):
    """Publishes ``thermal/image_raw`` and ``rgb/image_raw``; ends with its source unless it loops.

    One thread decodes ahead, one plays; the executor only answers parameter services.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("replay_node", **kwargs)
        declare(self, REPLAY_PARAMETERS)
        self._values = values = read(self, REPLAY_PARAMETERS)
        self._timing = ReplayTiming(
            values["rate"],
            values["thermal_offset_ms"],
            values["jitter_ms"],
            values["drop_probability"],
            values["seed"],
        )
        self.done = Future()
        self._stopping = threading.Event()
        self._failure: FusionPerceptionError | None = None
        self._source: Iterable[FramePair] = ()
        self._pairs = PairBuffer(values["look_ahead"], values["look_ahead_mb"] * _MEGABYTE)
        self._published = dict.fromkeys(TOPICS, 0)
        self._ready = False
        self._pair_bytes = 0
        self._outputs = {
            sensor: self.create_publisher(Image, topic, qos.result_output(), qos_overriding_options=qos.overridable())
            for sensor, topic in TOPICS.items()
        }
        warn_about_unknown_overrides(self)
        self._twins = TwinWatch(self)
        self._decoder = threading.Thread(target=self._decode, name="decode", daemon=True)
        self._player = threading.Thread(target=self._play, name="play", daemon=True)

    def start(self) -> None:
        """Open the source and begin to play.

        Raises:
            FusionPerceptionError: the source cannot be opened.
        """
        self._source = open_source(self._values, self.get_logger().warning)
        if isinstance(self._source, FolderSource):
            self.get_logger().info(self._source.seen)
        self._decoder.start()
        self._player.start()

    def close(self) -> None:
        """Stop playing; calling it twice is harmless.

        Raises:
            FusionPerceptionError: what ended the playing early; raised once.
        """
        self._stopping.set()
        if self._player.is_alive():
            self._player.join()
        if self._decoder.is_alive():
            self._decoder.join(_DECODER_JOIN_S)
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def tell(self, progress: ReplayProgress) -> None:
        """Called by the playing thread while it waits and at its end; a subclass may pass it on."""

    # Decoding thread -------------------------------------------------------------------------------------------

    def _decode(self) -> None:
        """Keep the buffer full, so that playing never waits for a disk or a renderer."""
        try:
            for pair in self._all_pairs():
                while not self._pairs.put(pair, _POLL_S):
                    if self._stopping.is_set():
                        return
        except FusionPerceptionError as error:
            self._failure = error
        except Exception as error:  # else the player would wait for ever
            self._failure = FusionPerceptionError(f"the source failed: {type(error).__name__}: {error}")
        finally:
            self._pairs.end()

    def _all_pairs(self) -> Iterator[FramePair]:
        limit = self._values["frames"]
        number = 0
        while True:
            first = number
            for pair in self._source:
                yield pair
                number += 1
                if number == limit:
                    return
            if number == first:
                raise DataError(f"source '{self._values['source']}' has no pairs; allowed: at least one")
            if not self._values["loop"]:
                return

    # Playing thread --------------------------------------------------------------------------------------------

    def _play(self) -> None:
        try:
            if self._wait_until_ready():
                self._play_all()
                self._report("published")
                self.tell(self._progress())
                for publisher in self._outputs.values():
                    if not self._stopping.is_set():
                        publisher.wait_for_all_acked(Duration(seconds=_ACKNOWLEDGE_S))
        except FusionPerceptionError as error:
            self._failure = error
        except Exception as error:
            if self.context.ok():  # else a signal has ended ROS under this thread
                self._failure = FusionPerceptionError(f"playing failed: {type(error).__name__}: {error}")
        finally:
            if not self.done.done():
                self.done.set_result(None)

    def _wait_until_ready(self) -> bool:
        """Wait for a full buffer and for subscribers; False when the node is stopped meanwhile."""
        wanted, timeout_s = self._values["wait_for_subscribers"], self._values["wait_timeout_s"]
        ready_s: float | None = None
        next_report = time.monotonic()
        while not self._stopping.is_set():
            connected = min(publisher.get_subscription_count() for publisher in self._outputs.values())
            now = time.monotonic()
            if ready_s is None and (self._pairs.full or not self._decoder.is_alive()):
                ready_s, self._ready = now, True
                self._pair_bytes = self._pairs.bytes // max(1, len(self._pairs))
                if connected < wanted:
                    self.get_logger().info(
                        f"ready to play pairs of {self._pair_bytes / _MEGABYTE:.1f} MB, "
                        f"{connected} of {wanted} subscribers"
                    )
            self.tell(self._progress())
            if ready_s is not None:
                if connected >= wanted:
                    return True
                if now - ready_s > timeout_s:  # not from the start: a large source takes its time to get ready
                    raise FusionPerceptionError(
                        f"{connected} of {wanted} subscribers came within {timeout_s:g} s; start them, or set "
                        "wait_for_subscribers to a smaller number"
                    )
            if now >= next_report:
                self.get_logger().info(
                    f"preparing '{self._values['source']}': {len(self._pairs)} pairs ready"
                    + (f", {connected} of {wanted} subscribers" if wanted else "")
                )
                next_report += _PROGRESS_S
            self._stopping.wait(_POLL_S)
        return False

    def _progress(self) -> ReplayProgress:
        published = self._published
        return ReplayProgress(
            len(self._pairs), self._ready, self._pair_bytes, thermal=published["thermal"], rgb=published["rgb"]
        )

    def _taken_pairs(self) -> Iterator[FramePair]:
        while not self._stopping.is_set() and not self._pairs.exhausted:
            pair = self._pairs.take(_POLL_S)
            if pair is not None:
                yield pair

    def _play_all(self) -> None:
        lead_s = 0.1 + self._timing.jitter_limit_s + max(0.0, -self._timing.thermal_offset_ms / 1e3)
        start_s = time.monotonic() + lead_s
        start_ns = self.get_clock().now().nanoseconds + round(lead_s * 1e9)
        pause_s = _PROGRESS_S
        report_s = time.monotonic() + pause_s
        delay_s, throttle = 0.0, LogThrottle(_PROGRESS_MAX_S)

        def delay(time_s: float) -> float:
            """How much later than planned the next pair is due: a slow source must not let the stamps fall behind."""
            nonlocal delay_s
            late_s = time.monotonic() - (start_s + time_s + delay_s)
            if late_s > lead_s:
                delay_s += late_s + lead_s
                text = (
                    f"the source is slower than {self._timing.rate:g} pairs a second: waited {delay_s:.1f} s so far; "
                    "give a smaller rate to play evenly"
                )
                admitted = throttle.admit("slow", text)
                if admitted:
                    self.get_logger().warning(admitted)
            return delay_s

        for exposure in schedule(self._taken_pairs(), self._timing, delay, self._values["look_ahead_mb"] * _MEGABYTE):
            if self._stopping.wait(max(0.0, start_s + exposure.time_s - time.monotonic())):
                return
            self._publish(exposure, start_ns + round(exposure.time_s * 1e9))
            if time.monotonic() >= report_s:
                self._report("so far")
                pause_s = min(2 * pause_s, _PROGRESS_MAX_S)
                report_s += pause_s

    def _publish(self, exposure: Exposure, stamp_ns: int) -> None:
        header = Header(frame_id=self._values[f"{exposure.sensor}_frame_id"])
        header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        image = np.asarray(exposure.frame.image)
        encoding = "rgb8" if exposure.sensor == "rgb" else _THERMAL_ENCODINGS[str(image.dtype)]
        self._outputs[exposure.sensor].publish(fill_message(Image(), image, encoding, header))
        self._published[exposure.sensor] += 1

    def _report(self, when: str) -> None:
        self.get_logger().info(f"{when}: {self._published['thermal']} thermal and {self._published['rgb']} RGB images")
