# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What fusion_node consists of, and what is done to all of it: settings, a jump of time, the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fusion_perception.engine import Engine, EngineInfo
from fusion_perception.perceiver import Perceiver
from fusion_perception.preprocess import GainControl
from fusion_perception.ros.camera_topics import is_rectified
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.inputs import CameraInputs
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.outputs import ResultOutputs
from fusion_perception.ros.registration_choice import RegistrationChoice
from fusion_perception.ros.static_transforms import StaticTransforms
from fusion_perception.ros.worker import PerceptionWorker
from fusion_perception.sync import PairMatcher


@dataclass
class NodeParts:
    """The parts of the node at the moment; those that it lacks in its lifecycle state are None.

    Attributes:
        settings: the parameters.
        statistics: counters and latencies.
        matcher: pairs the frames.
        configured: values of the parameters at the last configuring; empty while the node is not configured.
        engine: runs the model.
        remarks: the node's own, beside the engine's notes.
        perceiver: a pair in, a result out.
        outputs: publishers of the results.
        inputs: the cameras.
        worker: the thread that computes results.
        transforms: static transforms, where the extrinsics of the cameras come from them.
        registration: which one the perceiver gets.
    """

    settings: FusionSettings
    statistics: NodeStatistics
    matcher: PairMatcher
    configured: Mapping[str, Any] = field(default_factory=dict)
    engine: Engine | None = None
    remarks: tuple[str, ...] = ()
    perceiver: Perceiver | None = None
    outputs: ResultOutputs | None = None
    inputs: CameraInputs | None = None
    worker: PerceptionWorker | None = None
    transforms: StaticTransforms | None = None
    registration: RegistrationChoice = field(default_factory=RegistrationChoice)

    @property
    def info(self) -> EngineInfo | None:
        """What the engine says of itself now, with the node's own remarks among its notes; None without one."""
        if self.engine is None:
            return None
        info = self.engine.info
        return replace(info, notes=(*info.notes, *self.remarks))

    def apply(self, settings: FusionSettings) -> None:
        """Give every part its settings."""
        values = settings.values
        if settings.sync != self.matcher.settings:
            self.matcher.apply(settings.sync)
        if self.perceiver is not None:
            if settings.gain != self.perceiver.gain.settings:
                self.perceiver.gain = GainControl(settings.gain)
            self.perceiver.drift.settings = settings.drift
        if self.outputs is not None:
            self.outputs.alpha = values["overlay.alpha"]
            self.outputs.jpeg_quality = values["compressed.jpeg_quality"]
        if self.inputs is not None:
            self.inputs.health.apply(settings.health)
            self.inputs.fill_share = values["thermal.fill_share"]
        if self.worker is not None:
            self.worker.lazy = values["lazy"]
            self.worker.attribution_enabled = values["attribution.enabled"]
            rate = values["attribution.max_rate"]
            self.worker.attribution_period_s = 1.0 / rate if rate > 0 else 0.0
            self.worker.look_period_s = values["contribution.period_s"]
            self.worker.contribution.settings = settings.contribution
        self.settings = settings
        self.choose_registration()

    def choose_registration(self) -> None:
        """Give the perceiver the registration of now, after settings, a calibration or a transform have come."""
        if self.perceiver is None:
            return
        infos = {} if self.inputs is None else self.inputs.camera_info
        topics = {} if self.inputs is None else self.inputs.topics
        rectified = {sensor: is_rectified(topic.name) for sensor, topic in topics.items()}
        transform = None if self.transforms is None else self.transforms.between
        self.perceiver.registration = self.registration.choose(self.settings, infos, rectified, transform)

    def camera_info(self, sensor: str) -> Any:
        """Return the calibration of a camera, ``"thermal"`` or ``"rgb"``, or None."""
        return None if self.inputs is None else self.inputs.camera_info.get(sensor)

    def forget_times(self) -> None:
        """Time has jumped: nothing of before has anything to do with what comes."""
        self.matcher.flush()
        self.matcher.statistics.time_jumps += 1
        self.statistics.clear_series()
        if self.worker is not None:
            self.worker.slot.clear()
        if self.perceiver is not None:
            self.perceiver.gain.reset()

    def stop(self) -> None:
        """Unsubscribe and end the worker; calling it twice is harmless."""
        if self.inputs is not None:
            self.inputs.close()
            self.inputs = None
        if self.transforms is not None:
            self.transforms.close()
            self.transforms = None
        if self.worker is not None:
            self.worker.close()
            self.worker = None

    def release(self) -> None:
        """Remove the publishers and free the model; calling it twice is harmless."""
        if self.outputs is not None:
            self.outputs.close()
            self.outputs = None
        self.perceiver, self.remarks = None, ()
        self.configured = {}
        if self.engine is not None:
            self.engine.close()
            self.engine = None
