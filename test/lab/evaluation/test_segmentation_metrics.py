# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.documents.typed_document import check
from fusion_perception.lab.data.boxes import Box
from fusion_perception.lab.evaluation.figures import BoxFigures
from fusion_perception.lab.evaluation.segmentation_metrics import SplitScores, box_ids
from fusion_perception.labels import FMB15, MSRS9, PST5

RNG = np.random.default_rng(0)
TARGET = RNG.integers(0, 4, (24, 24), np.uint8)


def test_box_classes_are_found_under_either_name():
    assert box_ids(MSRS9) == {"person": 2, "bike": 3, "car": 1}
    assert FMB15.names[box_ids(FMB15)["bike"]] == "bicycle"
    assert box_ids(PST5) == {}


def test_day_and_night_are_kept_apart_and_summed():
    scores = SplitScores(MSRS9)
    scores.update_masks(TARGET, TARGET, kind="consensus", split="day")
    scores.update_masks(np.zeros_like(TARGET), TARGET, kind="consensus", split="night")
    summary = scores.mask_summary()["consensus"]
    assert summary["day"].iou["car"] == 1
    assert summary["night"].iou["car"] == 0
    assert summary["all"].iou["car"] == 0.5
    assert summary["all"].images == 2
    assert "bump" in summary["all"].absent
    assert summary["all"].iou["bump"] is None


def test_kinds_of_labels_are_never_mixed():
    scores = SplitScores(MSRS9)
    scores.update_masks(TARGET, TARGET, kind="consensus", split=None)
    scores.update_masks(np.full_like(TARGET, 8), TARGET * 0, kind="boxes", split=None, annotated=(0, 1, 2, 3))
    summary = scores.mask_summary()
    assert list(summary["consensus"]) == ["all"]
    assert summary["boxes"]["all"].pixel_accuracy == 1


def test_calibration_of_objects_leaves_easy_background_out():
    scores = SplitScores(MSRS9)
    target = np.zeros((10, 10), np.uint8)
    target[0, :4] = 1
    confidence = np.full((10, 10), 255, np.uint8)
    scores.update_masks(np.zeros_like(target), target, kind="masks", split=None, confidence=confidence)
    summary = scores.mask_summary()["masks"]["all"]
    assert summary.ece == pytest.approx(0.04)
    assert summary.ece_objects == pytest.approx(1)


def test_boxes_by_split():
    scores = SplitScores(MSRS9)
    mask = np.full((10, 10), 2, np.uint8)
    scores.update_boxes(mask, [Box("person", 0, 0, 10, 5)], split="night")
    summary = scores.box_summary()
    assert summary["night"]["person"] == BoxFigures(1.0, 0.5, 1, 100)
    assert summary["all"]["car"].matched is None


def test_summaries_are_json():
    scores = SplitScores(MSRS9)
    scores.update_masks(TARGET, TARGET, kind="masks", split="day", confidence=TARGET)
    for figures in scores.mask_summary()["masks"].values():
        check(figures)
