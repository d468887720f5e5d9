# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.failure_figures import FailureFigures
from fusion_perception.lab.evaluation.failure_tables import failure_tables
from fusion_perception.lab.evaluation.failures import FAILED_SENSORS
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.robustness import PERTURBATIONS
from fusion_perception.lab.evaluation.robustness_check import measure_robustness
from test.lab.evaluation.scenes import NAMES, PerfectMethod, write_dataset


class Gullible(PerfectMethod):
    """Finds the person of the labels, and the car unless the thermal image is all one level above 100."""

    def run(self, name, thermal, rgb, *, attribution=False):
        output = super().run(name, thermal, rgb, attribution=attribution)
        if thermal is not None and thermal.min() == thermal.max() > 100:
            output.mask[:30][output.mask[:30] == 1] = 0  # the upper half of the car
        return output


@pytest.fixture
def dataset(tmp_path):
    return PairDataset(write_dataset(tmp_path))


def test_failures_are_shares_of_what_the_other_sensor_alone_gives(dataset):
    evaluator, method, stages = Evaluator(dataset), Gullible(dataset), []
    clean = evaluator.run(method, fusion=False)
    found = measure_robustness(evaluator, method, clean, stage=stages.append, fusion=False)
    assert [row.name for row in found.rows] == [p.name for p in PERTURBATIONS]
    assert stages == [*(p.name for p in PERTURBATIONS[1:]), *(f.name for f in FAILED_SENSORS)]
    assert found.notes == () and all(row.fusion == {} for row in found.rows)
    rows = {(row.sensor, row.name): row for row in found.failures}
    assert len(rows) == len(FAILED_SENSORS)
    half, whole = rows["thermal", "constant 128"], rows["thermal", "constant 64"]
    assert half.iou["consensus"]["night"]["car"] == 0.5
    assert half.iou_of_other_alone["consensus"]["night"]["car"] == 0.5
    assert whole.iou_of_other_alone["consensus"]["night"]["car"] == 1
    # RGB alone finds no person here: there is nothing to keep a share of.
    assert half.iou["consensus"]["day"]["person"] == 1 and half.iou_of_other_alone["consensus"]["day"]["person"] is None
    assert half.boxes["all"]["car"].boxes == 4
    table = next(t for t in failure_tables(found.failures) if "consensus" in t.title)
    cells = {row[0]: row for row in table.rows}
    assert cells["thermal, constant 128"][-1] == "50% (low)" and cells["thermal, constant 64"][-1] == "100%"
    assert "0.500 (50%)" in cells["thermal, constant 128"]


def test_a_method_without_masks_has_no_figures_under_failures(dataset):
    evaluator, method = Evaluator(dataset, limit=2), BaselineMethod("max")
    found = measure_robustness(evaluator, method, evaluator.run(method))
    assert found.failures is None and found.rows[1].fusion["all"]["EN"] is not None


def test_a_camera_that_cannot_freeze_is_left_out_with_a_note(tmp_path):
    dataset = PairDataset(write_dataset(tmp_path, NAMES[:3]))  # two by day, one by night
    evaluator, method = Evaluator(dataset), PerfectMethod(dataset)
    found = measure_robustness(evaluator, method, evaluator.run(method), fusion=False)
    assert len(found.failures) == len(FAILED_SENSORS) - 2
    assert "'thermal, frozen' was not measured" in found.notes[0] and len(found.notes) == 2
    frozen = next(f for f in FAILED_SENSORS if f.name == "RGB, frozen")
    with pytest.raises(DataError, match=f"no camera can freeze at '{NAMES[2]}': no other pair"):
        evaluator.run(method, frozen)


def test_a_share_of_nearly_nothing_is_cut_and_person_and_car_alone_are_judged():
    row = FailureFigures("rgb", "noise", "", {}, _iou(0.5, 0.5, 0.2), _iou(1.0, 0.74, 30.0))
    (table,) = failure_tables((row,))
    assert table.columns == ("what fails", "person all", "bike all", "car all", "least, person and car")
    assert table.rows == (("RGB, noise", "0.500 (100%)", "0.200 (>999%)", "0.500 (74%)", "74% (low)"),)


def _iou(person, car, bike):
    return {"masks": {"all": {"background": 1.0, "car": car, "person": person, "bike": bike}}}


def test_without_labels_there_is_no_table():
    assert list(failure_tables(())) == []
