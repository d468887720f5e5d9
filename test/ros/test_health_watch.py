# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the health of the cameras tells to the pairing and to the diagnostics."""

import numpy as np
import pytest

from fusion_perception.health import HealthSettings
from fusion_perception.ros.health_watch import HealthWatch
from fusion_perception.types import Frame

MILLISECOND = 10**6
GENERATOR = np.random.default_rng(7)
SHAPES = {"thermal": (60, 80), "rgb": (60, 80, 3)}


def scene(sensor):
    image = GENERATOR.normal(100, 3, SHAPES[sensor])
    image[20:40, 20:50] += 90
    return image.clip(0, 255).astype(np.uint8)


class Rig:
    """Two cameras at 20 Hz, the second one 5 ms later; remembers what the pairing was told."""

    def __init__(self, settings=None):
        self.told = []
        self.watch = HealthWatch(settings or HealthSettings(), lambda *told: self.told.append(told))
        self.now_ns = 10**12

    def run(self, seconds, **still):
        """Both cameras send; those that are named send the same picture all the time."""
        for _ in range(round(seconds * 20)):
            self.now_ns += 50 * MILLISECOND
            for sensor, delay_ns in (("thermal", 0), ("rgb", 5 * MILLISECOND)):
                now_ns = self.now_ns + delay_ns
                image = still.get(sensor)
                self.watch.see(sensor, Frame(scene(sensor) if image is None else image, now_ns), now_ns)


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
def test_a_camera_that_stands_still_is_left_out_once_and_taken_back_once(sensor):
    rig = Rig()
    rig.run(1)
    rig.run(2, **{sensor: scene(sensor)})
    assert rig.told == [(sensor, "the picture stands still")]
    assert f"{sensor} camera: the picture stands still; restart" in rig.watch.warnings(rig.now_ns)[f"health_{sensor}"]
    assert rig.watch.values(rig.now_ns)[f"health_{sensor}"] == "frozen"
    rig.run(1)
    assert rig.told == [(sensor, "the picture stands still"), (sensor, None)]
    assert rig.watch.warnings(rig.now_ns) == {}


def test_where_both_stand_still_neither_is_left_out_at_any_moment():
    rig = Rig()
    rgb = scene("rgb")
    rig.run(3, thermal=scene("thermal"), rgb=rgb)
    assert rig.told == []
    assert rig.watch.values(rig.now_ns)["health_rgb"] == "frozen"
    assert rig.watch.values(rig.now_ns)["health_thermal"] == "frozen"
    rig.run(2, rgb=rgb)
    assert rig.told == [("rgb", "the picture stands still")], "now thermal moves, and RGB does not"


def test_a_fault_of_another_kind_counts_whatever_the_other_camera_does():
    rig = Rig()
    rig.run(2, thermal=scene("thermal"), rgb=np.zeros((60, 80, 3), np.uint8))
    assert rig.told == [("rgb", "the picture is black")]


def test_settings_say_what_counts_and_closing_takes_back():
    rig = Rig(HealthSettings(missing_when=()))
    rgb = scene("rgb")
    rig.run(2, rgb=rgb)
    assert rig.told == []
    rig.watch.apply(HealthSettings())
    rig.run(1, rgb=rgb)
    assert rig.told == [("rgb", "the picture stands still")]
    rig.watch.close()
    assert rig.told[-1] == ("rgb", None)


def test_rates_and_silence_are_told():
    rig = Rig()
    assert rig.watch.values(rig.now_ns)["health_rgb"] == "silent"
    rig.run(1)
    values = rig.watch.values(rig.now_ns)
    assert values["rate_thermal_hz"] == values["rate_rgb_hz"] == "20.00"
    assert values["health_thermal"] == "ok"
    later_ns = rig.now_ns + 3000 * MILLISECOND
    assert rig.watch.values(later_ns)["rate_rgb_hz"] == "0.00"
    assert rig.watch.values(later_ns)["health_rgb"] == "silent"
