# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from fusion_perception.lab.evaluation.video.video_figures import FalsePixels, RecordingFigures, SoughtObject
from fusion_perception.lab.evaluation.video.video_tables import video_tables

MARKED = RecordingFigures(
    "woods",
    20,
    {"background": 0.9, "car": 0.1, "bike": 0.0},
    0.0123,
    0.05,
    {"car": FalsePixels(1234, 0.02, 7)},
    (SoughtObject("person in the bush", ("person",), 20, 16, 0.125),),
)
PLAIN = RecordingFigures("one frame", 1, {"background": 1.0, "car": 0.0, "bike": 0.0}, None, None)


def test_tables_of_marked_and_unmarked_recordings():
    changes, false, sought = video_tables((MARKED, PLAIN))
    assert changes.columns == ("recording", "frames", "changed", "most", "car")
    assert changes.rows == (("woods", "20", "1.23", "5.00", "10.00"), ("one frame", "1", "–", "–", "0.00"))
    assert false.rows == (("woods", "1234", "2.00", "7"), ("one frame", "–", "–", "–"))
    assert sought.rows == (("woods: person in the bush", "person", "16 of 20", "12%"),)


def test_without_marks_there_is_one_table_and_without_video_none():
    assert [table.title.split(":")[0] for table in video_tables((PLAIN,))] == ["Video"]
    assert list(video_tables(())) == []
