# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the health of a camera over time."""

import numpy as np
import pytest

from fusion_perception.health import CameraHealth, HealthSettings

SECOND = 10**9
GENERATOR = np.random.default_rng(6)
BLACK = np.zeros((60, 80, 3), np.uint8)


def scene():
    """A picture with structure and noise; no two are alike."""
    image = GENERATOR.normal(100, 3, (60, 80, 3))
    image[20:40, 20:50] += 90
    return image.clip(0, 255).astype(np.uint8)


class Camera:
    """Sends pictures at a rate and remembers when which fault was told."""

    def __init__(self, rate=30.0, settings=None):
        self.health = CameraHealth(settings)
        self.period_ns = round(SECOND / rate)
        self.now_ns = 10**12

    def send(self, pictures, repeated_stamps=False):
        """Send pictures; returns for each whether which faults were told after it."""
        told = []
        for picture in pictures:
            self.now_ns += self.period_ns
            self.health.see(picture, 7 if repeated_stamps else self.now_ns, self.now_ns)
            told.append(self.health.faults)
        return told

    def seconds(self, number):
        return round(number * SECOND / self.period_ns)


@pytest.mark.parametrize("rate", [5.0, 10.0, 30.0, 60.0])
@pytest.mark.parametrize("fault", ["frozen", "black", "saturated", "covered"])
def test_a_fault_is_told_within_a_second_and_lifted_by_the_next_good_picture(fault, rate):
    camera = Camera(rate)
    assert set(camera.send(scene() for _ in range(camera.seconds(2)))) == {()}
    picture = scene()
    number = camera.seconds(1)
    bad = {
        "frozen": [picture] * number,
        "black": [np.full_like(BLACK, 3) + GENERATOR.integers(0, 3, BLACK.shape, np.uint8) for _ in range(number)],
        "saturated": [GENERATOR.integers(251, 256, BLACK.shape).astype(np.uint8) for _ in range(number)],
        "covered": [GENERATOR.integers(90, 94, BLACK.shape).astype(np.uint8) for _ in range(number)],
    }[fault]
    told = camera.send(bad)
    assert told[-1] == (fault,)
    assert told[: camera.seconds(0.65)] == [()] * camera.seconds(0.65), "a short spell is no fault"
    good = camera.send(scene() for _ in range(camera.seconds(0.2) + 1))
    assert good[-1] == ()
    assert fault != "frozen" or good[0] == ()


@pytest.mark.parametrize("repeats", [2, 3, 5])
def test_a_slow_sensor_behind_a_fast_interface_is_not_frozen(repeats):
    """Some 9 Hz thermal cameras send each picture three times, under new stamps."""
    camera = Camera(27.0)
    pictures = [picture for _ in range(40) for picture in [scene()] * repeats]
    assert set(camera.send(pictures)) == {()}


def test_a_shutter_of_half_a_second_is_no_fault():
    camera = Camera(30.0)
    camera.send(scene() for _ in range(30))
    assert set(camera.send([scene()] * 15)) == {()}


def test_a_slow_camera_is_frozen_after_three_pictures():
    camera = Camera(1.0)
    picture = scene()
    assert camera.send([scene(), picture, picture, picture]) == [(), (), (), ("frozen",)]


def test_one_pixel_of_noise_in_the_rows_compared_is_enough():
    camera = Camera(30.0)
    pictures = []
    picture = scene()
    for _ in range(60):
        picture = picture.copy()
        picture[GENERATOR.integers(0, 60), GENERATOR.integers(0, 80), 0] ^= 1
        pictures.append(picture)
    assert set(camera.send(pictures)) == {()}


@pytest.mark.parametrize("rows", [slice(0, 3), slice(-3, None)])
@pytest.mark.parametrize("level", [0, 7000])
def test_telemetry_that_goes_on_does_not_hide_a_picture_that_stands_still(rows, level):
    camera = Camera(30.0)
    pictures = []
    for _ in range(30):
        picture = np.full((60, 80), level, np.uint16)
        picture[20:40] += 100 if level else 0
        picture[rows] = GENERATOR.integers(0, 2**16, (3, 80))
        pictures.append(picture)
    assert camera.send(pictures)[-1] == (("frozen",) if level else ("frozen", "black"))


def test_repeated_stamps_are_another_trouble():
    camera = Camera(30.0)
    assert set(camera.send([scene()] * 60, repeated_stamps=True)) == {()}


def test_all_that_is_wrong_is_told_and_settings_say_what_counts():
    camera = Camera(30.0, HealthSettings(missing_when=("frozen",)))
    camera.send([BLACK] * 30)
    assert camera.health.faults == ("frozen", "black")
    assert camera.health.missing == ("frozen",)
    camera.health.settings = HealthSettings(missing_when=())
    assert camera.health.missing == ()


def test_pictures_of_another_size_differ():
    camera = Camera(10.0)
    pictures = [np.zeros((60 + number % 2, 80), np.uint16) + 5 for number in range(30)]
    assert "frozen" not in camera.send(pictures)[-1]


@pytest.mark.parametrize("start_ns", [0, 10**12])
@pytest.mark.parametrize("rate", [0.5, 9.0, 30.0, 200.0])
def test_the_rate_is_measured(rate, start_ns):
    camera = Camera(rate)
    camera.now_ns = start_ns
    assert camera.health.rate_hz(camera.now_ns) == 0.0
    camera.send(scene() for _ in range(12))
    assert camera.health.rate_hz(camera.now_ns) == pytest.approx(rate, rel=1e-3)
    assert camera.health.rate_hz(camera.now_ns + 2 * camera.period_ns) == pytest.approx(rate, rel=1e-3)
    assert camera.health.rate_hz(camera.now_ns + 3 * camera.period_ns + SECOND * 9 // 10) > 0.0
    assert camera.health.rate_hz(camera.now_ns + 4 * camera.period_ns + SECOND) == 0.0


def test_before_the_first_picture_nothing_is_wrong():
    assert CameraHealth().faults == CameraHealth().missing == ()
    assert CameraHealth().still_ns(10**12) == 0


def test_how_long_a_picture_stands_still_is_measured_from_its_first_one():
    camera, picture = Camera(10.0), scene()
    for number, expected_s in ((1, 0.0), (1, 0.1), (8, 0.9)):
        camera.send([picture] * number)
        assert camera.health.still_ns(camera.now_ns) == round(expected_s * SECOND)
    camera.send([scene()])
    assert camera.health.still_ns(camera.now_ns + SECOND) == 0


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"after_ns": 0}, "after_ns is 0"), ({"missing_when": ("dirty",)}, "has 'dirty'; allowed: frozen")],
)
def test_settings_that_cannot_work_are_refused(changes, text):
    with pytest.raises(ValueError, match=text):
        HealthSettings(**changes)
