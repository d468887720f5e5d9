# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A sensor that contributes nothing for some time is told; one that is silent, or in a scene of nothing, is not."""

import pytest

from fusion_perception.health import ContributionSettings, ContributionWatch, Evidence

SECOND = 1_000_000_000


def evidence(thermal=None):
    """That of a result to which thermal contributed so much."""
    parts = None if thermal is None else {"thermal": thermal, "rgb": 1 - thermal}
    without = {"thermal": {"all": 0.25, "person": 0.5}, "rgb": {"all": 0.0}}
    return Evidence({"person": 0.75}, without, parts)


@pytest.fixture
def watch():
    return ContributionWatch(ContributionSettings(least_share=0.05, hold_ns=3 * SECOND))


def see(watch, *parts, start=100, missing=None):
    """Take in one result a second; returns the time of the last one."""
    for second, part in enumerate(parts, start):
        watch.see(evidence(part), second * SECOND, missing)
    return (start + len(parts) - 1) * SECOND


@pytest.mark.parametrize(("part", "sensor", "name"), [(0.0, "thermal", "thermal"), (0.99, "rgb", "RGB")])
def test_a_sensor_that_stopped_is_told_after_the_hold_time(watch, part, sensor, name):
    assert watch.warnings(see(watch, 0.5, part, part, part)) == {}
    now = see(watch, part, start=104)
    ((kind, text),) = watch.warnings(now).items()
    assert kind == f"contribution_{sensor}"
    assert text.startswith(f"{name} has contributed nothing to the decisions for 3 s although its images arrive")
    assert ("at most 1.0%" if sensor == "rgb" else "at most 0.0%") in text
    assert text.endswith("look at its picture")


def test_one_result_with_it_is_enough_to_take_the_word_back(watch):
    assert watch.warnings(see(watch, 0.0, 0.0, 0.0, 0.0))
    assert watch.warnings(see(watch, 0.4, 0.0, 0.0, start=104)) == {}
    assert watch.warnings(see(watch, 0.0, 0.0, start=107)).keys() == {"contribution_thermal"}


def test_a_sensor_whose_images_do_not_arrive_is_not_judged(watch):
    assert watch.warnings(see(watch, *[0.0] * 6, missing="thermal")) == {}
    assert watch.warnings(see(watch, 0.0, start=106)) == {}


def test_a_scene_that_gives_neither_anything_is_no_fault(watch):
    assert watch.warnings(see(watch, *[None] * 6)) == {}


def test_time_without_results_is_no_evidence(watch):
    see(watch, 0.0)
    assert watch.warnings(see(watch, 0.0, start=200)) == {}


def test_what_was_seen_long_ago_says_nothing_of_now(watch):
    now = see(watch, *[0.0] * 6)
    assert watch.warnings(now) and watch.values(now)
    later = now + 11 * SECOND
    assert watch.warnings(later) == {} and watch.values(later) == {}


def test_settings_count_at_once(watch):
    now = see(watch, *[0.03] * 3)
    assert watch.warnings(now) == {}
    watch.settings = ContributionSettings(hold_ns=1 * SECOND)
    assert watch.warnings(now)
    watch.settings = ContributionSettings(least_share=0.01, hold_ns=0)
    assert watch.warnings(see(watch, 0.03, start=103)) == {}


def test_figures_for_diagnostics(watch):
    assert watch.values(0) == {}
    now = see(watch, 0.875)
    assert watch.values(now) == {
        "attribution_share": "person 0.75",
        "reversed_without_thermal": "all 0.25, person 0.50",
        "reversed_without_rgb": "all 0.00",
        "contribution_thermal": "0.875",
        "contribution_rgb": "0.125",
    }
    watch.see(Evidence({}), now)
    assert watch.values(now) == {"attribution_share": "no object"}
