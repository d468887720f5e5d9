# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.video_dataset import VideoDataset
from fusion_perception.lab.data.video_marks import MarkedObject, RecordingMarks, VideoMarks
from test.lab.evaluation.video.recordings import write_recording


def _marks(**recordings):
    return VideoMarks(about="", recordings=recordings)


def test_recordings_of_a_folder_come_in_order_and_frames_know_their_place(tmp_path):
    write_recording(tmp_path, "b", 2)
    write_recording(tmp_path, "a", 3)
    (tmp_path / "notes").mkdir()
    video = VideoDataset([tmp_path])
    assert video.recordings == ("a", "b") and video.title == tmp_path.name
    assert video.names == ("a/0000", "a/0001", "a/0002", "b/0000", "b/0001")
    assert video.starts == {0, 3}
    assert [video.place(i) for i in range(5)] == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)]
    assert video.frames("b") == ("0000", "0001")
    assert [item.name for item in video] == list(video.names)
    assert (video[4].rgb != video[3].rgb).any()


def test_one_recording_may_be_named_itself(tmp_path):
    folder = write_recording(tmp_path, "a")
    video = VideoDataset([folder])
    assert video.recordings == ("a",) and len(video) == 3 and video.starts == {0}


def test_thermal_images_may_have_another_size(tmp_path):
    folder = write_recording(tmp_path, "a", 1)
    cv2.imwrite(str(folder / "ir" / "0000.png"), np.zeros((12, 16), np.uint8))
    assert VideoDataset([folder])[0].thermal.shape == (12, 16)


def test_what_cannot_be_used_is_named(tmp_path):
    with pytest.raises(DataError, match=r"missing: no recording; give a folder with 'vi' \(RGB\) and 'ir'"):
        VideoDataset([tmp_path / "missing"])
    folder = write_recording(tmp_path, "a")
    with pytest.raises(DataError, match="two recordings are called 'a'"):
        VideoDataset([folder, tmp_path])


def test_marks_must_fit_the_recordings(tmp_path):
    folder = write_recording(tmp_path, "a")
    good = RecordingMarks(32, 24, ("car",), (MarkedObject("o", ("car",), {"0001": (0.0, 0.0, 32.0, 24.0)}),))
    assert VideoDataset([folder], _marks(a=good, other=good)).marks == {"a": good}
    with pytest.raises(DataError, match="the marks are of other, but the video is a; names of folders"):
        VideoDataset([folder], _marks(other=good))
    wide = RecordingMarks(31, 24, ("car",), good.objects)
    with pytest.raises(DataError, match=r"marks of 'a': object 'o', frame '0001': the box is \[0.0, .* x1 <= 31 and"):
        VideoDataset([folder], _marks(a=wide))
