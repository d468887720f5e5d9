# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the worker thread, without DDS."""

import sys
import threading
import time

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")

from fusion_perception.errors import BackendError, ImageError
from fusion_perception.health import ContributionSettings
from fusion_perception.labels import MSRS9
from fusion_perception.ros import worker as worker_module
from fusion_perception.ros.node_statistics import NodeStatistics
from fusion_perception.ros.worker import PerceptionWorker
from fusion_perception.types import EngineOutputs, Frame, FramePair, Perception
from test.ros.worker_fakes import GREY, FakeLogger, FakeOutputs, FakePerceiver

PAIR = FramePair(Frame(GREY, 1), Frame(np.zeros((2, 2, 3), np.uint8), 1))


@pytest.fixture
def bench(monkeypatch):
    """A worker with a perceiver, outputs, a logger and statistics; ``run`` waits for a pair's end."""

    class Bench:
        perceiver, outputs, statistics, now_ns = FakePerceiver(), FakeOutputs(), NodeStatistics(), 0
        logger = FakeLogger(outputs.came)

        def run(self, pair=PAIR):
            worker.put(pair)
            assert self.outputs.came.acquire(timeout=20)

    parts = Bench()
    monkeypatch.setattr(worker_module, "_ATTRIBUTION_RETRY_S", 0.0)
    worker = PerceptionWorker(
        parts.perceiver,
        parts.outputs,
        parts.statistics,
        now_ns=lambda: parts.now_ns,
        labels=MSRS9,
        evidence=True,
        camera_info=lambda sensor: f"of {sensor}",
        alive=lambda: True,
        logger=parts.logger,
    )
    parts.worker = worker
    yield parts
    worker.close()


def test_a_logger_that_fails_does_not_end_the_thread(bench, monkeypatch):
    def fail(text):
        bench.outputs.came.release()
        raise UnicodeEncodeError("utf-8", "x", 0, 1, "no")

    monkeypatch.setattr(bench.logger, "error", fail)
    bench.perceiver.error = RuntimeError("a name that is no UTF-8: \udc80")
    bench.run()
    bench.perceiver.error = None
    bench.run()
    assert bench.outputs.published
    assert bench.worker.trouble() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_engine_that_hangs_and_a_thread_that_ends_are_told(bench, monkeypatch):
    monkeypatch.setattr(worker_module, "_STUCK_S", 0.05)
    entered, leave = threading.Event(), threading.Event()
    perceive = bench.perceiver.perceive

    def hang(pair, **options):
        entered.set()
        leave.wait(20)
        return perceive(pair, **options)

    monkeypatch.setattr(bench.perceiver, "perceive", hang)
    bench.worker.put(PAIR)
    assert entered.wait(20)
    time.sleep(0.1)
    assert "the engine has been busy with one pair" in bench.worker.trouble()
    monkeypatch.setattr(bench.perceiver, "perceive", lambda pair, **options: sys.exit(1))
    leave.set()
    bench.worker.put(PAIR)
    bench.worker._thread.join(20)
    assert bench.worker.trouble() == "no results: the thread that computes them has ended"


def test_a_failing_attribution_costs_the_attribution_only(bench):
    bench.perceiver.attribution_error = BackendError("no plan with attribution")
    for _ in range(3):
        bench.run()
    bench.perceiver.attribution_error = None
    bench.run()
    assert bench.outputs.published == [False, False, False, True]
    assert bench.statistics.counter("attribution_failures") == 3
    assert bench.statistics.counter("failures") == 0
    assert bench.logger.errors == []
    assert len(bench.logger.warnings) == 1
    assert "no attribution for a pair: no plan with attribution; fused image and mask go on" in bench.logger.warnings[0]


def test_nobody_who_listens_to_the_attribution_no_attribution(bench):
    bench.outputs.attribution_wanted = False
    bench.run()
    bench.outputs.attribution_wanted = True
    bench.run()
    assert bench.perceiver.calls == [False, True]
    assert bench.outputs.published == [False, True]


def test_an_attribution_that_is_switched_off_is_not_computed(bench):
    bench.worker.attribution_enabled = False
    bench.run()
    assert bench.perceiver.calls == [False]


def test_attributions_come_at_their_rate_and_none_counts_that_nobody_wanted(bench):
    bench.worker.attribution_period_s = 3600.0
    bench.outputs.attribution_wanted = False
    bench.run()
    bench.outputs.attribution_wanted = True
    bench.run()
    bench.run()
    assert bench.perceiver.calls == [False, True, False]


def test_now_and_then_it_looks_at_what_each_sensor_contributes(bench):
    bench.outputs.attribution_wanted = False
    bench.run()
    assert bench.perceiver.calls == [False], "not asked for"
    bench.worker.look_period_s = 3600.0
    bench.run()
    bench.run()
    assert bench.perceiver.calls == [False, True, False], "once an hour"
    assert "attribution_share" in bench.worker.contribution.values(time.monotonic_ns())


def test_a_model_that_cannot_tell_is_not_asked_what_each_sensor_contributes(bench):
    bench.worker._evidence = False
    bench.outputs.attribution_wanted = False
    bench.worker.look_period_s = 1e-9
    bench.run()
    assert bench.perceiver.calls == [False]


def test_what_a_sensor_contributes_is_followed_in_every_attribution_that_is_computed(bench):
    def speaks(thermal, rgb):
        planes = {"signed_thermal": GREY + np.float32(thermal), "signed_rgb": GREY + np.float32(rgb), "needed": GREY}
        return lambda pair, attribution: Perception(EngineOutputs(GREY, GREY, GREY, GREY, planes), 1, "camera", None)

    bench.worker.contribution.settings = ContributionSettings(hold_ns=0)
    bench.perceiver.perceive = speaks(0.0, 2.0)
    bench.run()
    bench.run()
    assert bench.worker.contribution.warnings(time.monotonic_ns()).keys() == {"contribution_thermal"}
    bench.perceiver.perceive = speaks(1.0, 2.0)
    bench.run()
    assert not bench.worker.contribution.warnings(time.monotonic_ns())


def test_after_a_failure_the_attribution_rests(bench, monkeypatch):
    monkeypatch.setattr(worker_module, "_ATTRIBUTION_RETRY_S", 3600.0)
    bench.perceiver.attribution_error = RuntimeError("device lost")
    for _ in range(3):
        bench.run()
    assert bench.perceiver.calls == [True, False, False, False]
    assert "RuntimeError: device lost" in bench.logger.warnings[0]


def test_an_engine_that_fails_altogether_is_no_matter_of_attribution(bench):
    bench.perceiver.attribution_error = bench.perceiver.error = BackendError("out of memory")
    bench.run()
    assert bench.outputs.published == []
    assert bench.logger.errors == ["no result for a pair: out of memory"]
    assert bench.logger.warnings == []
    assert bench.statistics.counter("failures") == 1
    assert bench.statistics.counter("attribution_failures") == 0


def test_a_bad_pair_is_not_run_twice(bench):
    bench.perceiver.attribution_error = ImageError("grey")
    bench.run()
    assert bench.perceiver.calls == [True]
    assert bench.logger.errors == ["no result for a pair: grey"]


@pytest.mark.parametrize(("age_ms", "recorded"), [(30, True), (-300_121, False), (-1000, False), (3_000_000, False)])
def test_latency_is_measured_only_where_the_clocks_have_something_in_common(age_ms, recorded, bench):
    bench.now_ns = PAIR.reference.stamp_ns + age_ms * 1_000_000
    bench.run()
    bench.run()  # the first one's figures are there
    latency = bench.statistics.percentiles("latency")
    assert latency == (pytest.approx((age_ms,) * 3) if recorded else None)
    assert bench.statistics.percentiles("processing") is not None


def test_times_are_in_milliseconds(bench, monkeypatch):
    perceive = bench.perceiver.perceive
    monkeypatch.setattr(bench.perceiver, "perceive", lambda pair, **options: time.sleep(0.02) or perceive(pair))
    bench.run()
    bench.run()  # the first one's figures are there
    assert 20 <= bench.statistics.percentiles("processing")[0] < 20_000


def test_closing_waits_for_the_pair_in_hand(bench, monkeypatch):
    entered, perceive = threading.Event(), bench.perceiver.perceive

    def slow(pair, **options):
        entered.set()
        time.sleep(0.2)
        return perceive(pair)

    monkeypatch.setattr(bench.perceiver, "perceive", slow)
    bench.worker.put(PAIR)
    assert entered.wait(20)
    bench.worker.close()
    assert not bench.worker._thread.is_alive()
    assert bench.perceiver.calls == [False]


def test_the_times_of_all_stages_are_recorded(bench):
    bench.run()
    bench.run()  # the first one's figures are there
    assert bench.statistics.percentiles("engine")[0] == 2.0
    for stage in ("publish", "processing"):
        assert 0.0 <= bench.statistics.percentiles(stage)[0] < 20_000.0


def test_results_of_one_camera_alone_are_counted(bench):
    bench.perceiver.degraded = "rgb"
    bench.run(FramePair(PAIR.thermal, None))
    bench.perceiver.degraded = None
    bench.run()
    bench.run()  # the second one's figures are there
    assert bench.statistics.counter("degraded") == 1
    assert bench.statistics.counter("results") >= 2


def test_a_pair_that_is_overtaken_is_counted(bench, monkeypatch):
    entered, leave = threading.Event(), threading.Event()
    perceive = bench.perceiver.perceive

    def wait(pair, **options):
        entered.set()
        leave.wait(20)
        return perceive(pair, **options)

    monkeypatch.setattr(bench.perceiver, "perceive", wait)
    bench.worker.put(PAIR)
    assert entered.wait(20)
    bench.worker.put(PAIR)
    bench.worker.put(PAIR)
    leave.set()
    for _ in range(2):
        assert bench.outputs.came.acquire(timeout=20)
    assert bench.statistics.counter("dropped") == 1
    assert len(bench.outputs.published) == 2


def test_without_lazy_the_engine_runs_for_nobody(bench):
    bench.outputs.wanted = False
    bench.worker.lazy = False
    bench.run()
    assert bench.outputs.published == [True]
    assert bench.statistics.counter("idle") == 0


def test_the_calibration_is_that_of_the_camera_that_results_have(bench):
    bench.run()
    bench.run(FramePair(PAIR.thermal, None))
    bench.run(FramePair(None, PAIR.rgb))
    assert bench.outputs.infos == ["of rgb", "of thermal", "of rgb"]


def test_the_calibration_comes_while_nobody_wants_a_result(bench):
    bench.outputs.wanted = False
    bench.run()
    bench.run(FramePair(Frame(np.zeros((4, 6), np.uint8), 7, "hot"), None))
    assert bench.outputs.infos == [((2, 2), 1, "", "of rgb"), ((4, 6), 7, "hot", "of thermal")]
    assert bench.outputs.published == []
    assert bench.perceiver.calls == [], "the engine rests"
    assert bench.statistics.counter("idle") == 2
