# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The node that records a run for the demonstration's report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription
from rclpy.task import Future
from sensor_msgs.msg import Image

from fusion_perception.bags.rerun_file import RERUN_FILE, RerunFile
from fusion_perception.demo.bag import BudgetedBag
from fusion_perception.demo.recording import MAPS, Recording
from fusion_perception.demo.recording_document import RECORDING
from fusion_perception.demo.rerun_recording import TIMES, add_run
from fusion_perception.engine.model_file import open_model_file
from fusion_perception.errors import DataError, FusionPerceptionError
from fusion_perception.files.atomic_file import cannot_write, write_image
from fusion_perception.model_store import find_model
from fusion_perception.outputs import ResultTopic, result_topics
from fusion_perception.ros import diagnostics
from fusion_perception.ros.camera_topics import TOPICS
from fusion_perception.ros.conversion import rgb_from_message, thermal_from_message
from fusion_perception.ros.parameter_declaration import declare, read
from fusion_perception.ros.parameter_spec import ParameterSpec
from fusion_perception.ros.printable_logger import PrintableLog
from fusion_perception.ros.throttle import LogThrottle
from fusion_perception.text import printable

RECORDER_PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("out", "out/demo", "Folder for what is recorded.", read_only=True),
    ParameterSpec("model", "realtime", "The node's model, for its topics and classes.", read_only=True),
    ParameterSpec("expected", 240, "Number of pairs to come.", (1, 2**31 - 1), read_only=True),
    ParameterSpec("rate", 10.0, "Pairs a second.", (0.01, 1000.0), read_only=True),
    ParameterSpec("queue", 30, "Messages of each topic that may wait to be recorded.", (1, 1000), read_only=True),
    ParameterSpec("rerun", False, "Write recording.rrd for Rerun's viewer.", read_only=True),
    ParameterSpec("bag_megabytes", 90, "Size that output.mcap is kept to, in MB.", (1, 100_000), read_only=True),
)
"""Parameters of the recorder."""

RECORDING_FILE = "recording.json"
FRAMES_FOLDER = "frames"

_PROGRESS_S = 0.25
_SETTLE_S = 0.3
_IMAGE, _DIAGNOSTICS = "sensor_msgs/msg/Image", "diagnostic_msgs/msg/DiagnosticArray"
_TELLS_PUBLICATION = hasattr(Subscription, "CallbackType")  # message info in callbacks: from ROS 2 Iron on


class ResultRecorder(PrintableLog, Node):
    """Listens until it is interrupted, prints its counts as JSON lines, then completes what it wrote to ``out``.

    Its memory does not grow: frames and times go to the disk as they come. It ends by itself when that is full.
    """

    saves_at_end = True  # so it may take its time at that

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("recorder", **kwargs)
        declare(self, RECORDER_PARAMETERS)
        self._values = read(self, RECORDER_PARAMETERS)
        self._out = Path(self._values["out"])
        self._recording: Recording | None = None
        self._bag: BudgetedBag | None = None
        self._rerun: RerunFile | None = None
        self._failure: FusionPerceptionError | None = None
        self._results: tuple[ResultTopic, ...] = ()
        self._throttle = LogThrottle()
        self._settled = False
        self.done = Future()

    def start(self) -> None:
        """Open the bag and subscribe.

        Raises:
            FusionPerceptionError: the model or the bag cannot be opened, or ``out`` holds what must not be replaced.
        """
        model = open_model_file(find_model(self._values["model"])).metadata
        self._results = result_topics(model.outputs())
        expected = self._values["expected"]
        frames = self._out / FRAMES_FOLDER
        try:
            frames.mkdir(parents=True, exist_ok=True)
            if any(frames.iterdir()):
                raise DataError(f"'{frames}' is not empty; give a folder in which nothing has been recorded")
            if self._values["rerun"]:
                self._rerun = RerunFile(self._out / RERUN_FILE, model.labels, "demonstration", TIMES)
            self._recording = Recording(model.labels, expected / self._values["rate"], frames, rerun=self._rerun)
            bag_topics = {self.resolve_topic_name(topic.topic): _IMAGE for topic in self._results}
            bag_topics[diagnostics.TOPIC] = _DIAGNOSTICS
            budget = self._values["bag_megabytes"] * 1_000_000
            self._bag = BudgetedBag(self._out / "output.mcap", bag_topics, budget, expected)
        except OSError as error:
            raise cannot_write(self._out, error) from error
        for result in self._results:
            self._listen(Image, result.topic, self._on_result)
        self._listen(DiagnosticArray, diagnostics.TOPIC, self._on_diagnostics)
        steady = Clock(clock_type=ClockType.STEADY_TIME)  # simulated time may stand still
        self.create_timer(_PROGRESS_S, self._print_progress, clock=steady)
        self._waiting = self.create_timer(_SETTLE_S, self._listen_to_inputs, clock=steady)

    def close(self) -> None:
        """Write everything down; calling it twice is harmless.

        Raises:
            FusionPerceptionError: something could not be written, now or before; raised once.
        """
        recording, bag = self._recording, self._bag
        self._recording = self._bag = None
        try:
            if recording is not None and bag is not None and self._failure is None:
                self._write(recording, bag)
        except OSError as error:
            self._failure = cannot_write(self._out, error)
        finally:
            if bag is not None:
                bag.abort()  # what is complete stays
            if recording is not None:
                with suppress(OSError):
                    recording.close()
            rerun, self._rerun = self._rerun, None
            if rerun is not None:
                rerun.close()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _write(self, recording: Recording, bag: BudgetedBag) -> None:
        bag.close()
        recording.finish()
        document = recording.document(bag.stamps_kept, tells_publication=_TELLS_PUBLICATION)
        sheet = recording.contact_sheet()
        if sheet is not None:
            write_image(self._out / "contact.png", sheet)
        RECORDING.write_file(self._out / RECORDING_FILE, document, indent=None)
        if self._rerun is not None:
            add_run(self._rerun, document)

    def _listen_to_inputs(self) -> None:
        """Subscribe the cameras once the node is found: the replay waits for that, so that no result is missed."""
        topics = [self.resolve_topic_name(result.topic) for result in self._results if not result.attribution]
        if not all(self.count_publishers(topic) for topic in topics):
            return
        if not self._settled:  # one period more: the node has to find us too
            self._settled = True
            return
        self._waiting.cancel()
        for sensor, topic in TOPICS.items():
            self._listen(Image, topic, partial(self._on_input, sensor))

    def _listen(self, message_type: Any, topic: str, callback: Callable[[str, bytes, int], None]) -> None:
        """Subscribe to serialized messages: most of them go into the bag as they are."""

        def take(data: bytes, published_ns: int) -> None:
            try:
                callback(topic, data, published_ns)
            except OSError as error:  # nothing that follows could be written either
                self._fail(cannot_write(self._out, error))
            except FusionPerceptionError as error:  # an image that cannot be shown
                text = self._throttle.admit(topic, f"skipped a message on '{topic}': {error}")
                if text:
                    self.get_logger().warning(text)

        def with_info(data: bytes, info: Any) -> None:
            take(data, info["source_timestamp"])

        def without_info(data: bytes) -> None:
            take(data, time.time_ns())

        # Reliable, unlike the node's own inputs: what is counted here must be what was sent.
        quality = QoSProfile(depth=self._values["queue"], reliability=ReliabilityPolicy.RELIABLE)
        take_serialized = with_info if _TELLS_PUBLICATION else without_info
        self.create_subscription(message_type, topic, take_serialized, quality, raw=True)

    def _fail(self, failure: FusionPerceptionError) -> None:
        """End, and say why."""
        self._failure = self._failure or failure
        if not self.done.done():
            self.done.set_result(None)

    def _on_input(self, sensor: str, topic: str, data: bytes, published_ns: int) -> None:
        message, stamp_ns = _image(data)
        if self._recording is None or self._failure is not None:
            return
        self._recording.count(topic, _IMAGE, stamp_ns, published_ns, len(data), message.encoding)
        convert = thermal_from_message if sensor == "thermal" else rgb_from_message
        self._recording.add_input(sensor, stamp_ns, convert(message))

    def _on_result(self, topic: str, data: bytes, published_ns: int) -> None:
        message, stamp_ns = _image(data)
        if self._recording is None or self._bag is None or self._failure is not None:
            return
        self._recording.count(topic, _IMAGE, stamp_ns, published_ns, len(data), message.encoding)
        self._bag.write(self.resolve_topic_name(topic), stamp_ns, published_ns, data)
        if topic in MAPS:
            self._recording.add_map(topic, stamp_ns, thermal_from_message(message).astype(np.uint8, copy=False))
        elif message.encoding == "rgb8":
            self._recording.add_result(topic, stamp_ns, rgb_from_message(message))

    def _on_diagnostics(self, topic: str, data: bytes, published_ns: int) -> None:
        message = deserialize_message(data, DiagnosticArray)
        if self._recording is None or self._bag is None or self._failure is not None:
            return
        stamp_ns = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
        self._recording.count(topic, _DIAGNOSTICS, stamp_ns, published_ns, len(data))
        self._bag.write_always(topic, published_ns, data)
        for status in message.status:
            level = status.level[0] if isinstance(status.level, bytes) else int(status.level)
            complaint = printable(status.message, 0) if level else ""
            self._recording.note_diagnostics(stamp_ns, complaint, {item.key: item.value for item in status.values})

    def _print_progress(self) -> None:
        if self._recording is not None:
            print(json.dumps(self._recording.progress()), flush=True)


def _image(data: bytes) -> tuple[Any, int]:
    """Deserialize an image; returns it and its stamp in nanoseconds."""
    message = deserialize_message(data, Image)
    return message, message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
