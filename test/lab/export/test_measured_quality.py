# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.evaluation.document import EVALUATION
from fusion_perception.lab.export.measured_quality import read_quality
from test.lab.evaluation.scenes import fusing_document

FIGURES = {
    "images": 4,
    "iou": {"car": 0.91236, "bump": None},
    "accuracy": {"car": 0.5, "bump": None},
    "precision": {"car": 0.5, "bump": None},
    "miou_with_background": None,
    "miou_without_background": None,
    "pixel_accuracy": 0.5,
    "absent": ["bump"],
    "boundary_f": {"car": 0.5, "bump": None},
    "boundary_known_pixels": {"car": 3, "bump": 0},
    "ece": None,
    "ece_objects": None,
    "reliability": {"pixels": [0], "confidence": [None], "accuracy": [None]},
}
DOCUMENT = EVALUATION.write(fusing_document()) | {
    "data": {"name": "msrs", "layout": "msrs", "split": "val", "pairs": 41, "day": 20, "night": 21},
    "fusion": {"all": {"EN": 6.77346, "VIF": 0.51799}, "day": {"EN": 7.0}},
    "box_set": "fusion",
    "segmentation": {"consensus": {"day": FIGURES}},
    "boxes": {"night": {"person": {"matched": 0.75, "precision": None, "boxes": 40, "pixels": 10}}},
}


def test_an_evaluation_is_summarised(tmp_path):
    path = tmp_path / "e.json"
    path.write_text(json.dumps(DOCUMENT))
    quality = read_quality(path)
    assert quality["data"] == "msrs val, 41 pairs"
    assert quality["fusion"] == {"EN": 6.7735, "VIF": 0.518}
    assert quality["iou_consensus"] == {"day": {"car": 0.9124}}
    assert quality["boxes"] == {"night": {"person": {"matched": 0.75}}}


def test_a_method_that_only_fuses(tmp_path):
    EVALUATION.write_file(tmp_path / "e.json", fusing_document())
    assert set(read_quality(tmp_path / "e.json")) == {"data", "command", "fusion"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "other"}'])
def test_anything_else_is_refused(tmp_path, text):
    path = tmp_path / "e.json"
    path.write_text(text)
    with pytest.raises(DataError, match="write it with: evaluate MODEL --json FILE"):
        read_quality(path)
