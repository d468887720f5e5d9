# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.video_dataset import VideoDataset
from fusion_perception.lab.data.video_marks import MarkedObject, RecordingMarks, VideoMarks
from fusion_perception.lab.evaluation.methods import MethodOutput
from fusion_perception.lab.evaluation.video.video_figures import FalsePixels, SoughtObject
from fusion_perception.lab.evaluation.video.video_score import VideoScore
from fusion_perception.labels import FMB15, MSRS9, PST5
from test.lab.evaluation.video.recordings import BIKE, CAR, PERSON, SIZE, output, painted, write_recording

PIXELS = SIZE[0] * SIZE[1]
PARKED = MarkedObject("parked", ("car", "bike"), {"0000": (0, 0, 8, 8)})
WALKER = MarkedObject("walker", ("person",), {"0000": (10, 0, 14, 10), "0002": (14, 0, 18, 10)}, sought=True)
MARKS = VideoMarks(about="", recordings={"a": RecordingMarks(32, 24, ("car", "bike"), (PARKED, WALKER))})


@pytest.fixture
def folder(tmp_path):
    write_recording(tmp_path, "a")
    write_recording(tmp_path, "b", 2)
    return tmp_path


def _score(folder, marks, *masks, labels=MSRS9):
    score = VideoScore(VideoDataset([folder], marks), labels)
    for i, mask in enumerate(masks):
        score.update(i, output(mask))
    return score.summary()


def test_changes_are_shares_of_all_pixels_and_end_with_the_recording(folder):
    empty, car = painted(), painted((CAR, 0, 0, 4, 4))
    a, b = _score(folder, None, empty, car, car, empty, empty)
    assert (a.name, a.frames, b.frames) == ("a", 3, 2)
    assert a.changed == pytest.approx(16 / PIXELS / 2) and a.changed_most == pytest.approx(16 / PIXELS)
    assert b.changed == 0
    assert a.class_shares["car"] == pytest.approx(2 * 16 / PIXELS / 3) and sum(a.class_shares.values()) == 1
    assert a.false_pixels is None and a.sought is None


def test_pixels_are_false_where_no_object_of_their_class_may_be(folder):
    inside = painted((CAR, 0, 0, 8, 8))
    across = painted((CAR, 4, 0, 12, 8), (PERSON, 20, 20, 30, 24))
    on_walker = painted((BIKE, 10, 0, 12, 4))
    a, _ = _score(folder, MARKS, inside, across, on_walker, painted(), painted())
    assert a.false_pixels == {
        "car": FalsePixels(32, 32 / PIXELS / 3, 1),
        "bike": FalsePixels(8, 8 / PIXELS / 3, 1),
    }


def test_a_sought_object_is_found_where_a_quarter_of_its_box_has_its_class(folder):
    just, below, there = (
        painted((PERSON, 10, 0, 11, 10)),
        painted((PERSON, 12, 0, 13, 9)),
        painted((PERSON, 14, 0, 18, 10)),
    )
    a, _ = _score(folder, MARKS, just, below, there, painted(), painted())
    assert a.sought == (SoughtObject("walker", ("person",), 3, 2, 9 / 40),)
    wrong, _ = _score(folder, MARKS, *[painted((CAR, 10, 0, 18, 10))] * 3, painted(), painted())
    assert wrong.sought[0].found == 0


def test_recordings_without_marks_and_frames_that_were_not_measured(folder):
    _, b = _score(folder, MARKS, painted(), painted(), painted(), painted())
    assert b.frames == 1 and b.changed is None and b.changed_most is None and b.false_pixels is None
    assert len(_score(folder, MARKS, painted())) == 1


def test_classes_are_known_by_the_names_of_the_label_set(folder):
    bicycle = FMB15.names.index("bicycle")
    a, _ = _score(folder, MARKS, *[painted((bicycle, 20, 0, 22, 2))] * 3, painted(), labels=FMB15)
    assert a.false_pixels["bike"].pixels == 12
    a, _ = _score(folder, MARKS, *[painted()] * 4, labels=PST5)
    assert a.false_pixels == {}  # it knows neither cars nor bikes


def test_sizes_that_do_not_fit_are_named(folder):
    with pytest.raises(DataError, match="'a', frame '0000' is 30 x 24, its marks are for 32 x 24 pixels"):
        _score(folder, MARKS, painted(size=(24, 30)))
    with pytest.raises(DataError, match="'a', frame '0001' differs in size from the frame before"):
        _score(folder, None, painted(), painted(size=(24, 30)))
    with pytest.raises(ValueError, match="returned no mask"):
        VideoScore(VideoDataset([folder]), MSRS9).update(0, MethodOutput(painted()))
