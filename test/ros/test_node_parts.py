# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is done to all parts of the node, without DDS."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from fusion_perception.alignment import DriftSettings, DriftWatch
from fusion_perception.engine import EngineInfo
from fusion_perception.health import ContributionSettings, ContributionWatch
from fusion_perception.preprocess import GainControl, PlaneRegistration
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.node_parts import NodeParts
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.parameter_spec import defaults
from fusion_perception.ros.parameters import FUSION_PARAMETERS
from fusion_perception.sync import LatestSlot, PairMatcher
from fusion_perception.types import Frame
from test.ros.test_registration_choice import info as calibration


def settings_with(**values):
    return FusionSettings.from_values(
        {**defaults(FUSION_PARAMETERS), **{key.replace("__", "."): value for key, value in values.items()}}
    )


class Closable:
    """Counts how often it was closed."""

    def __init__(self, log, name, **attributes):
        self.close = lambda: log.append(name)
        vars(self).update(attributes)


@pytest.fixture
def log():
    return []


@pytest.fixture
def parts(log):
    """A running node's parts."""
    settings = settings_with()
    return NodeParts(
        settings,
        NodeStatistics(),
        PairMatcher(settings.sync),
        {"model": "realtime"},
        engine=Closable(log, "engine"),
        perceiver=SimpleNamespace(
            gain=GainControl(settings.gain), registration=settings.registration, drift=DriftWatch()
        ),
        outputs=Closable(log, "outputs"),
        inputs=Closable(log, "inputs", health=SimpleNamespace(apply=log.append), camera_info={}, topics={}),
        worker=Closable(log, "worker", slot=LatestSlot(), contribution=ContributionWatch()),
    )


def frame(stamp_ns, image=None):
    return Frame(np.zeros((2, 2), np.uint8) if image is None else image, stamp_ns)


class TestJumpOfTime:
    """A bag that starts again: nothing of before may meet what comes."""

    def test_the_pair_that_waits_is_forgotten(self, parts):
        parts.worker.slot.put("a pair of before")
        parts.forget_times()
        assert parts.worker.slot.take(timeout_s=0.0) is None

    def test_the_gain_starts_anew(self, parts):
        gain = parts.perceiver.gain
        before = np.linspace(30_000, 31_000, 10_000).reshape(100, 100).astype(np.uint16)
        after = np.linspace(30_100, 30_900, 10_000).reshape(100, 100).astype(np.uint16)
        fresh = GainControl(gain.settings)(after)
        gain(before)
        assert not np.array_equal(gain(after), fresh), "else there is nothing to forget"
        gain(before)
        parts.forget_times()
        np.testing.assert_array_equal(gain(after), fresh)

    def test_frames_that_wait_find_no_partner_any_more(self, parts):
        parts.matcher.add("thermal", frame(5), 5)
        parts.forget_times()
        assert parts.matcher.add("rgb", frame(5), 6) == []
        assert parts.matcher.statistics.time_jumps == 1

    def test_latencies_of_before_are_forgotten(self, parts):
        parts.statistics.record("latency", 5.0)
        parts.forget_times()
        assert parts.statistics.percentiles("latency") is None

    def test_a_node_that_is_not_configured_has_less_to_forget(self, parts):
        parts.worker = parts.perceiver = None
        parts.forget_times()
        assert parts.matcher.statistics.time_jumps == 1


class TestSettings:
    """Every part gets its own; those that are alike leave a part alone."""

    def test_every_part_gets_its_own(self, parts, log):
        settings = settings_with(
            sync__window=7,
            thermal__gain="fixed",
            registration__homography=(1.0, 0.0, 4.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
            registration__watch_period_s=2.0,
            registration__drift_share=0.05,
            overlay__alpha=0.25,
            compressed__jpeg_quality=40,
            thermal__fill_share=0.1,
            lazy=False,
            attribution__enabled=False,
            attribution__max_rate=4.0,
            contribution__period_s=2.0,
            contribution__least_share=0.1,
            contribution__hold_s=1.5,
        )
        parts.apply(settings)
        assert parts.settings is settings
        assert parts.matcher.settings.window == 7
        assert parts.perceiver.gain.settings.mode == "fixed"
        assert not parts.perceiver.registration.is_identity
        assert parts.perceiver.drift.settings == DriftSettings(2_000_000_000, 0.05)
        assert (parts.outputs.alpha, parts.outputs.jpeg_quality) == (0.25, 40)
        assert log == [settings.health]
        assert parts.inputs.fill_share == 0.1
        worker = parts.worker
        assert (worker.lazy, worker.attribution_enabled, worker.attribution_period_s) == (False, False, 0.25)
        assert worker.look_period_s == 2.0
        assert worker.contribution.settings == ContributionSettings(0.1, 1_500_000_000)

    def test_no_rate_is_no_limit(self, parts):
        parts.apply(settings_with())
        assert parts.worker.attribution_period_s == 0.0

    def test_a_gain_that_stays_keeps_what_it_has_seen(self, parts):
        gain = parts.perceiver.gain
        parts.apply(settings_with(overlay__alpha=0.1))
        assert parts.perceiver.gain is gain
        parts.apply(settings_with(thermal__smoothing=0.5))
        assert parts.perceiver.gain is not gain

    def test_a_matcher_whose_settings_stay_keeps_its_frames(self, parts):
        parts.matcher.add("thermal", frame(5), 5)
        parts.apply(settings_with(lazy=False))
        assert len(parts.matcher.add("rgb", frame(5), 6)) == 1


class TestRegistration:
    """By the calibration of both cameras, as soon as it is there."""

    @pytest.fixture
    def running(self, parts):
        parts.inputs.topics = {
            "thermal": SimpleNamespace(name="/flir/image_rect"),
            "rgb": SimpleNamespace(name="/camera/image_raw"),
        }
        parts.apply(settings_with(registration__mode="camera_info", registration__distance_m=5.0))
        return parts

    def test_until_then_the_homography_serves_and_it_is_said(self, running):
        assert running.perceiver.registration is running.settings.registration
        assert "no CameraInfo of the thermal camera has come yet" in running.registration.remark

    def test_a_calibration_that_comes_is_taken_and_kept(self, running):
        running.inputs.camera_info.update(thermal=calibration("hot"), rgb=calibration("colour"))
        running.choose_registration()
        found = running.perceiver.registration
        assert isinstance(found, PlaneRegistration)
        assert running.registration.remark is None
        running.inputs.camera_info["rgb"] = calibration("colour")
        running.choose_registration()
        assert running.perceiver.registration is found

    def test_images_that_are_rectified_already_have_no_distortion(self, running):
        running.inputs.camera_info.update(thermal=calibration("hot"), rgb=calibration("colour"))
        running.choose_registration()
        found = running.perceiver.registration
        assert (found._thermal.distortion, len(found._rgb.distortion)) == ((), 5)

    def test_transforms_go_with_the_inputs(self, running, log):
        running.transforms = Closable(log, "transforms", between=lambda *_: None)
        running.inputs.camera_info.update(thermal=calibration("hot"), rgb=calibration("colour"))
        running.choose_registration()
        assert "no static transform joins 'hot' (thermal) and 'colour' (RGB)" in running.registration.remark
        log.clear()
        running.stop()
        running.stop()
        assert log == ["inputs", "transforms", "worker"]


class TestEnd:
    """What was made last goes first, and once."""

    def test_inputs_go_before_the_worker_that_they_feed(self, parts, log):
        parts.stop()
        parts.stop()
        assert log == ["inputs", "worker"]
        assert parts.inputs is parts.worker is None
        assert parts.engine is not None, "the model stays loaded"

    def test_the_publishers_go_before_the_model(self, parts, log):
        parts.release()
        parts.release()
        assert log == ["outputs", "engine"]
        assert parts.outputs is parts.engine is parts.perceiver is parts.info is None
        assert parts.configured == {}


def test_what_the_engine_says_is_asked_each_time(parts):
    """An engine may go on changing: a network that is compiled in the background, or cannot be."""
    info = EngineInfo("torch", "cuda:0", "CUDA graph, being compiled", "fp16", "m", metadata=None, notes=("a",))
    parts.engine.info, parts.remarks = info, ("the attribution is left out",)
    assert parts.info.notes == ("a", "the attribution is left out")
    parts.engine.info = replace(info, provider="CUDA graph, compiled", notes=())
    assert (parts.info.provider, parts.info.notes) == ("CUDA graph, compiled", ("the attribution is left out",))
    parts.release()
    assert (parts.info, parts.remarks) == (None, ())


def test_the_calibration_is_that_of_the_camera_asked_for(parts):
    parts.inputs.camera_info["rgb"] = "sharp"
    assert (parts.camera_info("rgb"), parts.camera_info("thermal")) == ("sharp", None)
    parts.stop()
    assert parts.camera_info("rgb") is None
