# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.export.measured_quality import read_quality

DOCUMENT = {
    "schema": "fusion_perception.evaluation",
    "data": {"name": "msrs", "split": "val", "pairs": 41},
    "fusion": {"all": {"EN": 6.77345, "VIF": 0.51799}, "day": {"EN": 7.0}},
    "segmentation": {"consensus": {"day": {"iou": {"car": 0.91236, "bump": None}}}},
    "boxes": {"night": {"person": {"matched": 0.75, "precision": 0.95, "boxes": 40, "pixels": 10}}},
}


def test_an_evaluation_is_summarised(tmp_path):
    path = tmp_path / "e.json"
    path.write_text(json.dumps(DOCUMENT))
    quality = read_quality(path)
    assert quality["data"] == "msrs val, 41 pairs"
    assert quality["fusion"] == {"EN": 6.7734, "VIF": 0.518} or quality["fusion"] == {"EN": 6.7735, "VIF": 0.518}
    assert quality["iou_consensus"] == {"day": {"car": 0.9124}}
    assert quality["boxes"] == {"night": {"person": {"matched": 0.75, "precision": 0.95}}}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "other"}'])
def test_anything_else_is_refused(tmp_path, text):
    path = tmp_path / "e.json"
    path.write_text(text)
    with pytest.raises(DataError, match="write it with: evaluate MODEL --json FILE"):
        read_quality(path)
