# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.data.video_marks import MarkedObject, read_marks

ROOT = Path(__file__).resolve().parents[3]
FRAMES = ("0000", "0001", "0002", "0003", "0004")


def test_a_box_moves_from_key_frame_to_key_frame_and_stays_before_and_after():
    marked = MarkedObject("o", ("bike",), {"0003": (8, 4, 12, 8), "0001": (0, 0, 4, 4)})
    boxes = [marked.box(i, FRAMES) for i in range(5)]
    assert boxes[0] == boxes[1] == Box("bike", 0, 0, 4, 4)
    assert boxes[2] == Box("bike", 4, 2, 8, 6)
    assert boxes[3] == boxes[4] == Box("bike", 8, 4, 12, 8)


FAULTS = {
    "no frame": (MarkedObject("o", ("car",), {"7": (0, 0, 1, 1)}), "no frame '7'; the frames are 0000 to 0004"),
    "no box": (MarkedObject("o", ("car",), {}), "needs at least one class and one box"),
    "no class": (MarkedObject("o", (), {"0000": (0, 0, 1, 1)}), "needs at least one class and one box"),
    "three corners": (MarkedObject("o", ("car",), {"0000": (0, 0, 1)}), r"the box is \[0, 0, 1\]; allowed"),
    "empty": (MarkedObject("o", ("car",), {"0000": (3, 0, 3, 1)}), "0 <= x0 < x1 <= 8 and 0 <= y0 < y1 <= 6"),
    "too low": (MarkedObject("o", ("car",), {"0000": (0, 0, 1, 7)}), "0 <= y0 < y1 <= 6"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_marks_that_cannot_be_used_are_refused(fault):
    marked, says = FAULTS[fault]
    with pytest.raises(DataError, match=says):
        marked.check(FRAMES, 8, 6)


def test_the_marks_of_this_repository_can_be_read_and_mark_what_is_claimed():
    marks = read_marks(ROOT / "docs" / "marks" / "m3svd.json")
    assert len(marks.recordings) == 6
    frames = tuple(f"{i:04d}" for i in range(20))
    for recording in marks.recordings.values():
        recording.check(frames)
        assert {"car", "bike"} <= set(recording.judged)
    for name in ("0114_1551", "0114_1609"):
        hidden = [o for o in marks.recordings[name].objects if o.sought]
        assert len(hidden) == 2 and all(o.classes == ("person",) for o in hidden)


def test_a_class_that_cannot_be_marked_is_named_with_its_place(tmp_path):
    path = tmp_path / "marks.json"
    values = json.loads((ROOT / "docs" / "marks" / "m3svd.json").read_text())
    values["recordings"]["0111_1716"]["judged"].append("tree")
    path.write_text(json.dumps(values))
    with pytest.raises(DataError, match=r"marks.json: .*0111_1716.judged\[2\] is 'tree'; allowed: person, bike, car"):
        read_marks(path)
