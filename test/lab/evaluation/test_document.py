# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.document import SCHEMA_VERSION, evaluation_document, robustness_row
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.robustness import CLEAN, THERMAL_MISSING
from test.lab.evaluation.scenes import PerfectMethod, write_dataset


@pytest.fixture
def evaluator(tmp_path):
    return Evaluator(PairDataset(write_dataset(tmp_path)))


def test_the_document_is_json_and_complete(evaluator):
    method = PerfectMethod(evaluator.dataset)
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "fusion")
    again = json.loads(json.dumps(document, allow_nan=False))
    assert again["schema_version"] == SCHEMA_VERSION
    assert again["data"] | {"name": ""} == {
        "name": "",
        "layout": "msrs",
        "split": "all",
        "pairs": 4,
        "day": 2,
        "night": 2,
    }
    assert again["engine_ms"] == {"p50": 2.0, "p95": 2.0}
    assert again["segmentation"]["consensus"]["day"]["iou"]["car"] == 1
    assert again["boxes"]["night"]["car"]["matched"] == 1
    assert len(again["frames"]) == 4 and again["frames"][0]["fusion"]["MS_SSIM"] is None


def test_a_method_that_only_fuses_has_no_masks(evaluator):
    method = BaselineMethod("max")
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "fusion")
    assert "segmentation" not in document and "boxes" not in document and document["engine_ms"] is None


def test_robustness_rows_say_what_is_kept(evaluator):
    method = PerfectMethod(evaluator.dataset)
    clean = evaluator.run(method)
    first = robustness_row(CLEAN, clean, clean)
    assert "iou_kept" not in first
    row = robustness_row(THERMAL_MISSING, evaluator.run(method, THERMAL_MISSING), clean)
    assert row["iou_kept"]["consensus"]["night"]["person"] == 0
    assert row["iou_kept"]["consensus"]["night"]["car"] == 1
    assert row["iou_kept"]["consensus"]["night"]["bike"] is None
