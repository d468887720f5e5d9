# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import re
from dataclasses import replace

import cv2
import numpy as np

from fusion_perception.lab.data.video_dataset import VideoDataset
from fusion_perception.lab.data.video_marks import MarkedObject, RecordingMarks, VideoMarks
from fusion_perception.lab.evaluation.document import evaluation_document
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.report import write_report
from fusion_perception.lab.evaluation.report.video_frames import SOUGHT, write_video_frames
from fusion_perception.lab.evaluation.video.video_score import VideoScore
from test.lab.evaluation.video.recordings import CarInTheCorner, write_recording

WALKER = MarkedObject("<b>walker", ("person",), {"0000": (4, 4, 30, 20)}, sought=True)
MARKS = VideoMarks(about="", recordings={"a": RecordingMarks(32, 24, ("car",), (WALKER,))})


def _video(tmp_path):
    write_recording(tmp_path / "data", "a", 5)
    write_recording(tmp_path / "data", "b", 1)
    return VideoDataset([tmp_path / "data"], MARKS)


def test_first_middle_and_last_frame_of_every_recording_with_marks(tmp_path):
    dataset = _video(tmp_path)
    evaluator, method = Evaluator(dataset), CarInTheCorner()
    names = write_video_frames(tmp_path / "v.jpg", evaluator, dataset, method)
    assert names == ("a/0000", "a/0002", "a/0004", "b/0000")
    picture = cv2.imread(str(tmp_path / "v.jpg"))[..., ::-1].astype(int)
    green = np.abs(picture - SOUGHT).sum(axis=2) < 60
    assert 3 * 40 < np.count_nonzero(green.any(axis=1)) < picture.shape[0] * 0.75, "boxes in three rows of four"
    assert len(write_video_frames(tmp_path / "v.jpg", Evaluator(dataset, limit=2), dataset, method)) == 2


def test_the_page_of_a_video_without_fusion_metrics(tmp_path):
    dataset = _video(tmp_path)
    evaluator, method = Evaluator(dataset), CarInTheCorner()
    score = VideoScore(dataset, method.labels)
    evaluation = evaluator.run(method, fusion=False, seen=score.update)
    document = replace(evaluation_document(dataset, method, evaluation, ""), video=score.summary())
    assert document.fusion == {} and document.video[0].false_pixels["car"].pixels == 5 * 16
    text = write_report(tmp_path / "report", [document], evaluator, method).read_text()
    for words in ("Video: false objects", "&lt;b&gt;walker", "green boxes must be found", "0 of 5"):
        assert words in text
    assert "<b>walker" not in text and not re.search(r"\b(nan|None)\b", text)
    assert not (tmp_path / "report" / "worst.jpg").exists()
