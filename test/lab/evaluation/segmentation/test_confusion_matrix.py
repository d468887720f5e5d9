# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.labels import LabelSet

LABELS = LabelSet("abc", ("ground", "cat", "dog", "emu"), ((0, 0, 0),) * 4)
TARGET = np.array([[0, 0, 1, 1], [0, 2, 2, 255]], np.uint8)
PREDICTION = np.array([[0, 1, 1, 1], [0, 2, 0, 3]], np.uint8)


def _matrix(prediction=PREDICTION, target=TARGET):
    matrix = ConfusionMatrix(LABELS)
    matrix.update(prediction, target)
    return matrix


def test_counts_by_hand():
    assert _matrix().counts.tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


def test_iou_accuracy_and_precision_by_hand():
    matrix = _matrix()
    np.testing.assert_allclose(matrix.iou, [2 / 4, 2 / 3, 1 / 2, np.nan])
    np.testing.assert_allclose(matrix.accuracy, [2 / 3, 1, 1 / 2, np.nan])
    np.testing.assert_allclose(matrix.precision, [2 / 3, 2 / 3, 1, np.nan])
    assert matrix.pixel_accuracy == pytest.approx(5 / 7)


def test_absent_classes_are_named_and_not_zeroed():
    matrix = _matrix()
    assert matrix.absent == ("emu",)
    assert matrix.mean_iou(background=True) == pytest.approx((1 / 2 + 2 / 3 + 1 / 2) / 3)
    assert matrix.mean_iou(background=False) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_an_absent_class_that_is_predicted_stays_absent_but_costs_the_others():
    prediction = np.where(TARGET == 0, 3, PREDICTION).astype(np.uint8)
    matrix = _matrix(prediction)
    assert np.isnan(matrix.iou[3])
    assert matrix.iou[0] == 0


def test_a_present_class_never_predicted_is_zero():
    matrix = _matrix(np.zeros_like(TARGET))
    np.testing.assert_allclose(matrix.iou[:3], [3 / 7, 0, 0])
    assert np.isnan(matrix.precision[1])


def test_unknown_pixels_are_ignored():
    other = PREDICTION.copy()
    other[1, 3] = 0
    assert (_matrix(other).counts == _matrix().counts).all()


def test_ids_that_are_not_annotated_count_as_background():
    matrix = ConfusionMatrix(LABELS)
    target = np.array([[0, 1]], np.uint8)
    matrix.update(np.array([[2, 2]], np.uint8), target, annotated=(0, 1))
    assert matrix.counts[0, 0] == 1
    assert matrix.counts[1, 0] == 1


def test_adding_matrices_is_adding_images():
    both = ConfusionMatrix(LABELS)
    both.update(PREDICTION, TARGET)
    both.update(TARGET[:, :2] * 0, TARGET[:, :2])
    other = _matrix(TARGET[:, :2] * 0, TARGET[:, :2])
    assert ((_matrix() + other).counts == both.counts).all()


def test_nothing_seen_is_nan_not_a_warning():
    matrix = ConfusionMatrix(LABELS)
    assert np.isnan(matrix.mean_iou(background=True))
    assert np.isnan(matrix.pixel_accuracy)
    assert matrix.absent == LABELS.names


@pytest.mark.parametrize(
    ("prediction", "target", "message"),
    [
        (np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), "resize the prediction"),
        (np.full((2, 2), 4, np.uint8), np.zeros((2, 2), np.uint8), "predicted mask has id 4; allowed: 0..3"),
        (np.zeros((2, 2), np.uint8), np.full((2, 2), 9, np.uint8), "target mask has id 9"),
        (np.zeros((2, 2)), np.zeros((2, 2), np.uint8), "predicted mask is float64"),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), np.uint8), "must be uint8"),
    ],
)
def test_unusable_masks_are_named(prediction, target, message):
    with pytest.raises(ImageError, match=message):
        ConfusionMatrix(LABELS).update(prediction, target)
