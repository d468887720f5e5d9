# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Clocks that run apart during a bag are told, with how far."""

import json
import re

import numpy as np
import pytest

from fusion_perception.bags.clock_drift import Ages, clock_drift

SECOND = 10**9


def ages(seconds, rate, drift_ppm, delay_ms=20.0, jitter_ms=2.0, seed=0, start_s=0.0):
    """Images whose camera's clock runs slow by so many parts per million."""
    found, random = Ages(), np.random.default_rng(seed)
    for number in range(int(seconds * rate)):
        taken_s = start_s + number / rate
        received = taken_s + (delay_ms + random.exponential(jitter_ms)) / 1e3
        stamp = taken_s * (1 - drift_ppm * 1e-6)
        found.note(round(received * SECOND), round(stamp * SECOND))
    return found


@pytest.mark.parametrize(("thermal_ppm", "rgb_ppm"), [(100, 0), (-60, 0), (40, 240), (150, 150)])
def test_the_drift_is_measured(thermal_ppm, rgb_ppm):
    drift = clock_drift(ages(600, 9, thermal_ppm), ages(600, 30, rgb_ppm, seed=1))
    assert drift.drift_ms == pytest.approx((thermal_ppm - rgb_ppm) * 0.6, abs=1.5)
    assert drift.seconds == pytest.approx(600, abs=1)


def test_what_is_told():
    told = clock_drift(ages(600, 9, 100), ages(600, 30, 0, seed=1)).sentence
    assert (
        "thermal stamps fall 60 ms behind RGB stamps in 600 s (100 parts per million), which is not corrected" in told
    )
    assert "ahead of RGB stamps" in clock_drift(ages(600, 9, -100), ages(600, 30, 0, seed=1)).sentence


@pytest.mark.parametrize(
    ("thermal", "rgb"),
    [
        (ages(600, 9, 5), ages(600, 30, 0, seed=1)),
        (ages(600, 9, 0, 400.0, 30.0), ages(600, 30, 0, 5.0, 40.0, seed=1)),
        (ages(600, 9, 0, jitter_ms=200.0), ages(600, 30, 0, jitter_ms=200.0, seed=1)),
    ],
    ids=["little", "other delays", "much jitter"],
)
def test_nothing_is_told_without_need(thermal, rgb):
    assert clock_drift(thermal, rgb).sentence == ""


def test_too_little_says_nothing():
    whole = ages(600, 9, 100)
    assert clock_drift(ages(15, 9, 100), ages(15, 30, 0)) is None
    assert clock_drift(Ages(), whole) is None
    assert clock_drift(ages(300, 9, 0), ages(300, 9, 0, start_s=290.0)) is None  # ten seconds together
    assert clock_drift(ages(600, 0.01, 0), whole) is None  # six images


def test_a_bag_is_told_of(tmp_path, capsys):
    pytest.importorskip("rosbags", reason="rosbags is not installed")
    pytest.importorskip("mcap", reason="mcap is not installed")
    from fusion_perception.cli.main import main
    from test.bags.make_bag import START_NS, Pairs, raw_rgb, raw_thermal, write_mcap

    def behind(number, stamp_ns):
        return raw_thermal(number, stamp_ns - (stamp_ns - START_NS) // 1000)  # a thousandth slow

    bag = write_mcap(tmp_path / "bag", Pairs(60, 500).messages(behind, raw_rgb))  # half a minute
    assert main(["bag-info", str(bag)]) == 0
    told = r"note: the clocks of the cameras drift: thermal stamps fall (29|30) ms behind RGB stamps in 29 s"
    assert re.search(told, capsys.readouterr().out)
    assert main(["bag-info", str(bag), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["drift_ms"] == pytest.approx(29.5, abs=1)
