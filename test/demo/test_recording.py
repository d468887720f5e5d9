# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the recorder remembers."""

import json
import sys
import tracemalloc

import cv2
import numpy as np
import pytest

from fusion_perception.demo.recording import (
    ATTRIBUTION,
    ATTRIBUTION_COLOUR,
    FUSED,
    MASK,
    MASK_COLOUR,
    NEEDED,
    OVERLAY,
    SHEET_TITLES,
    Recording,
)
from fusion_perception.demo.recording_document import RECORDING
from fusion_perception.labels import MSRS9

MILLISECOND = 10**6
IMAGE = "sensor_msgs/msg/Image"


@pytest.fixture
def new(tmp_path):
    """Makes a recording of a given length."""

    def make(duration_s, **options):
        return Recording(MSRS9, duration_s, tmp_path, **options)

    return make


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


def test_names_of_frames_are_not_interned(new, monkeypatch):
    """The interpreter's table of interned names grows even by those that are forgotten at once."""
    recording, interned, intern = new(2.0), [], sys.intern

    def watch(name):
        interned.append(name)
        return intern(name)

    monkeypatch.setattr(sys, "intern", watch)
    feed(recording, range(20))
    assert recording.frames > 10
    assert not [name for name in interned if name.endswith(".jpg")]


def test_every_complete_result_becomes_a_video_frame(new, tmp_path):
    recording = new(2.0)
    feed(recording, range(20))
    recording.finish()
    assert recording.frames == 20
    frame = cv2.imread(str(tmp_path / "000007.jpg"))
    assert frame.shape == (2 * 318, 3 * 424, 3)
    assert np.abs(frame[200, ::424].astype(int) - 7).max() <= 2
    assert recording.progress() == {"pairs": 20, "results": 20, "dropped": 0}


def test_a_result_without_all_its_images_has_no_frame(new):
    recording = new(0.2)
    feed(recording, [0])
    recording.add_input("thermal", 5, np.zeros((48, 64), np.uint8))
    recording.add_result(FUSED, 5, np.zeros((48, 64, 3), np.uint8))
    recording.finish()
    assert recording.frames == 1


def test_a_slow_engine_still_gets_its_inputs_shown(new):
    recording = new(10.0)
    for number in range(100):
        stamp = 10**12 + number * 100 * MILLISECOND
        recording.add_input("thermal", stamp, np.full((48, 64), number, np.uint8))
        recording.add_input("rgb", stamp, np.full((48, 64, 3), number, np.uint8))
        if number % 10 == 9:  # one result a second, each of a pair half a second ago
            for topic in (FUSED, OVERLAY, MASK_COLOUR):
                recording.add_result(topic, stamp - 500 * MILLISECOND, np.zeros((48, 64, 3), np.uint8))
    recording.finish()
    assert recording.frames == 10


def test_results_may_be_read_before_their_inputs(new):
    recording = new(0.1)
    for topic in (FUSED, OVERLAY, MASK_COLOUR):
        recording.add_result(topic, 10**12, np.zeros((48, 64, 3), np.uint8))
    recording.add_input("thermal", 10**12, np.zeros((48, 64), np.uint8))
    recording.add_input("rgb", 10**12, np.zeros((48, 64, 3), np.uint8))
    recording.finish()
    assert recording.frames == 1


def test_a_thermal_image_of_another_moment_is_not_shown(new):
    recording = new(0.1)
    feed(recording, [0], offset_ns=80 * MILLISECOND)
    recording.finish()
    assert recording.frames == 0


def test_the_contact_sheet_is_spread_over_the_run(new):
    recording = new(20.0, sheet_rows=4)
    feed(recording, range(200), attribution=lambda number: number % 5 == 0)
    recording.finish()
    sheet = recording.contact_sheet()
    rows = [int(sheet[34 + row * (240 + 30) + 100, 100, 0]) for row in range(4)]
    assert rows == [25, 75, 125, 175], "not the middles of the four quarters"
    assert sheet.shape[1] == 6 + (320 + 6) * len(SHEET_TITLES)


def test_an_early_row_is_better_than_none(new):
    recording = new(20.0, sheet_rows=2)
    feed(recording, range(3))
    recording.finish()
    assert recording.contact_sheet() is not None
    assert new(20.0).contact_sheet() is None


def test_figures_survive_json(new):
    recording = new(0.3)
    feed(recording, range(3))
    recording.note_diagnostics(5, "", {"results": "3", "dropped": "1"})
    read = RECORDING.read(json.loads(json.dumps(RECORDING.write(recording.document(7, tells_publication=True)))))
    topic = read.topics[FUSED]
    assert (topic.messages, topic.total_bytes, topic.encoding) == (3, 3000, "rgb8")
    assert topic.latencies_ms == pytest.approx([30, 30, 30])
    assert read.diagnostics["results"] == "3"
    assert (read.bag_results, read.tells_publication) == (7, True)
    assert recording.progress()["dropped"] == 1


def test_large_images_are_kept_small(new):
    """What waits for its partners would take gigabytes at 12 megapixels."""
    recording = new(1.0)
    for stamp in range(40):
        recording.add_input("thermal", stamp, np.zeros((3000, 4000), np.uint8))
    recording.add_input("rgb", 5, np.full((3000, 4000, 3), 7, np.uint8))
    recording.add_result(FUSED, 5, np.full((3000, 4000, 3), 9, np.uint8))
    kept = [image for images in recording._inputs.values() for _, image in images]
    kept += [image for images in recording._pending.values() for image in images.values()]
    assert max(image.shape[0] * image.shape[1] for image in kept) <= 640 * 512 * 1.01
    assert sum(image.base.nbytes if image.base is not None else image.nbytes for image in kept) < 30 * 2**20


def test_images_of_a_usual_camera_are_kept_as_they_are(new):
    recording, image = new(1.0), np.zeros((512, 640, 3), np.uint8)
    recording.add_input("rgb", 5, image)
    assert recording._inputs["rgb"][0][1] is image


def test_its_memory_does_not_grow(new):
    """Frames and times go to the disk: 20 bytes a pair are more than it needs."""
    recording = new(10_000.0)  # all in the first row of the contact sheet
    feed(recording, range(100))
    tracemalloc.start()
    try:
        feed(recording, range(100, 200))
        before = tracemalloc.get_traced_memory()[0]
        feed(recording, range(200, 255))
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 20 * 55
    assert recording.document().topics[FUSED].messages == 255


def test_only_frames_stay_in_the_folder(new, tmp_path):
    recording = new(1.0)
    feed(recording, range(3))
    recording.finish()
    recording.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000.jpg", "000001.jpg", "000002.jpg"]


def test_shares_of_every_result_are_kept_with_those_of_the_sensors_where_they_are_known(new):
    recording = new(1.0)
    mask = np.zeros((48, 64), np.uint8)
    mask[:24] = 2
    for number in range(4):
        stamp = 10**12 + number * 100 * MILLISECOND
        recording.add_map(MASK, stamp, mask)
        if number % 2:
            recording.add_map(ATTRIBUTION, stamp, np.full((48, 64), 64, np.uint8))
            recording.add_map(NEEDED, stamp, np.full((48, 64), 2, np.uint8))
    recording.finish()
    document = recording.document()
    assert document.classes == MSRS9.names and len(document.shares) == 4
    plain, explained = document.shares[:2]
    assert plain.shares.class_shares[:3] == (0.5, 0.0, 0.5) and plain.shares.class_thermal == ()
    assert explained.shares.class_thermal[2] == 0.25 and explained.shares.reversed_without == {"thermal": 0, "rgb": 1}
    assert RECORDING.read(RECORDING.write(document)) == document


def test_what_the_node_complains_of_and_counts_becomes_events(new):
    recording = new(1.0)
    recording.note_diagnostics(5, "", {"dropped": "0", "model": "x"})
    recording.note_diagnostics(6, "thermal stands still", {"dropped": "2"})
    assert [(event.stamp_ns, event.kind) for event in recording.document().events] == [
        (6, "warning"),
        (6, "pair overtaken"),
    ]


def test_large_maps_are_made_smaller_without_mixing_their_values(new):
    recording = new(1.0)
    mask = np.zeros((2000, 3000), np.uint8)
    mask[:, :1500] = 8
    recording.add_map(MASK, 5, mask)
    recording.finish()
    (found,) = recording.document().shares
    assert found.shares.class_shares[8] == pytest.approx(0.5, abs=0.01)
    assert sum(found.shares.class_shares) == pytest.approx(1.0)
