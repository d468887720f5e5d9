# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the recorder remembers."""

import json

import cv2
import numpy as np
import pytest

from fusion_perception.demo.recording import (
    ATTRIBUTION_COLOUR,
    FUSED,
    MASK_COLOUR,
    OVERLAY,
    SHEET_TITLES,
    Recording,
)
from fusion_perception.labels import MSRS9

MILLISECOND = 10**6
IMAGE = "sensor_msgs/msg/Image"


def feed(recording, numbers, *, attribution=lambda number: True, offset_ns=2 * MILLISECOND):
    """Pairs and results whose grey level is their number."""
    for number in numbers:
        stamp = 10**12 + number * 100 * MILLISECOND
        recording.add_input("thermal", stamp + offset_ns, np.full((48, 64), number, np.uint8))
        recording.add_input("rgb", stamp, np.full((48, 64, 3), number, np.uint8))
        for topic in ("thermal/image_raw", "rgb/image_raw", FUSED):
            recording.count(topic, IMAGE, stamp, stamp + 30 * MILLISECOND, 1000, "rgb8")
        topics = [FUSED, OVERLAY, MASK_COLOUR, *([ATTRIBUTION_COLOUR] if attribution(number) else [])]
        for topic in topics:
            recording.add_result(topic, stamp, np.full((48, 64, 3), number, np.uint8))


def test_every_complete_result_becomes_a_video_frame():
    recording = Recording(MSRS9, duration_s=2.0)
    feed(recording, range(20))
    recording.finish()
    assert len(recording.frames) == 20
    frame = cv2.imdecode(np.frombuffer(recording.frames[7], np.uint8), cv2.IMREAD_COLOR)
    assert frame.shape == (2 * 318, 3 * 424, 3)
    assert np.abs(frame[200, ::424].astype(int) - 7).max() <= 2
    assert recording.progress() == {"pairs": 20, "results": 20, "dropped": 0}


def test_a_result_without_all_its_images_has_no_frame():
    recording = Recording(MSRS9, duration_s=0.2)
    feed(recording, [0])
    recording.add_input("thermal", 5, np.zeros((48, 64), np.uint8))
    recording.add_result(FUSED, 5, np.zeros((48, 64, 3), np.uint8))
    recording.finish()
    assert len(recording.frames) == 1


def test_a_slow_engine_still_gets_its_inputs_shown():
    recording = Recording(MSRS9, duration_s=10.0)
    for number in range(100):
        stamp = 10**12 + number * 100 * MILLISECOND
        recording.add_input("thermal", stamp, np.full((48, 64), number, np.uint8))
        recording.add_input("rgb", stamp, np.full((48, 64, 3), number, np.uint8))
        if number % 10 == 9:  # one result a second, each of a pair half a second ago
            for topic in (FUSED, OVERLAY, MASK_COLOUR):
                recording.add_result(topic, stamp - 500 * MILLISECOND, np.zeros((48, 64, 3), np.uint8))
    recording.finish()
    assert len(recording.frames) == 10


def test_results_may_be_read_before_their_inputs():
    recording = Recording(MSRS9, duration_s=0.1)
    for topic in (FUSED, OVERLAY, MASK_COLOUR):
        recording.add_result(topic, 10**12, np.zeros((48, 64, 3), np.uint8))
    recording.add_input("thermal", 10**12, np.zeros((48, 64), np.uint8))
    recording.add_input("rgb", 10**12, np.zeros((48, 64, 3), np.uint8))
    recording.finish()
    assert len(recording.frames) == 1


def test_a_thermal_image_of_another_moment_is_not_shown():
    recording = Recording(MSRS9, duration_s=0.1)
    feed(recording, [0], offset_ns=80 * MILLISECOND)
    recording.finish()
    assert recording.frames == []


def test_the_contact_sheet_is_spread_over_the_run():
    recording = Recording(MSRS9, duration_s=20.0, sheet_rows=4)
    feed(recording, range(200), attribution=lambda number: number % 5 == 0)
    recording.finish()
    sheet = recording.contact_sheet()
    rows = [int(sheet[34 + row * (240 + 30) + 100, 100, 0]) for row in range(4)]
    assert rows == [25, 75, 125, 175], "not the middles of the four quarters"
    assert sheet.shape[1] == 6 + (320 + 6) * len(SHEET_TITLES)


def test_an_early_row_is_better_than_none():
    recording = Recording(MSRS9, duration_s=20.0, sheet_rows=2)
    feed(recording, range(3))
    recording.finish()
    assert recording.contact_sheet() is not None
    assert Recording(MSRS9, duration_s=20.0).contact_sheet() is None


def test_figures_survive_json():
    recording = Recording(MSRS9, duration_s=0.3)
    feed(recording, range(3))
    recording.set_diagnostics({"results": "3", "dropped": "1"})
    read = json.loads(json.dumps(recording.to_json()))
    topic = read["topics"][FUSED]
    assert (topic["messages"], topic["total_bytes"], topic["encoding"]) == (3, 3000, "rgb8")
    latencies = np.array(topic["published_ns"]) - np.array(topic["stamps_ns"])
    assert latencies == pytest.approx(30 * MILLISECOND)
    assert read["diagnostics"]["results"] == "3"
    assert recording.progress()["dropped"] == 1
