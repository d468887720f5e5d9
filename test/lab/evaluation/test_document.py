# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace

import pytest

from fusion_perception.documents.typed_document import to_json
from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.attribution_figures import (
    AgreementFigures,
    BrightnessReference,
    CurveFigures,
    ErrorFigures,
    FaithfulnessFigures,
    MapFigures,
    PathInfo,
    SanityFigures,
)
from fusion_perception.lab.evaluation.camera_shake import measure_shake
from fusion_perception.lab.evaluation.document import (
    EVALUATION,
    AttributionCheck,
    evaluation_document,
    robustness_row,
)
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.failure_figures import FailureFigures
from fusion_perception.lab.evaluation.figures import BoxFigures
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.robustness import CLEAN, THERMAL_MISSING
from fusion_perception.lab.evaluation.stability_figures import DriveFigures, RenderedFigures, StabilityFigures
from fusion_perception.lab.evaluation.video.video_figures import FalsePixels, RecordingFigures, SoughtObject
from test.lab.evaluation.scenes import PerfectMethod, write_dataset


@pytest.fixture
def evaluator(tmp_path):
    return Evaluator(PairDataset(write_dataset(tmp_path)))


def test_the_document_is_json_and_complete(evaluator):
    method = PerfectMethod(evaluator.dataset)
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "fusion")
    again = json.loads(json.dumps(EVALUATION.write(document), allow_nan=False))
    assert EVALUATION.read(again) == document
    assert (again["schema"], again["schema_version"]) == ("fusion_perception.evaluation", 1)
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
    document = EVALUATION.write(evaluation_document(evaluator.dataset, method, evaluator.run(method), "fusion"))
    assert "segmentation" not in document and "boxes" not in document and document["engine_ms"] is None


def test_robustness_rows_say_what_is_kept(evaluator):
    method = PerfectMethod(evaluator.dataset)
    clean = evaluator.run(method)
    first = robustness_row(CLEAN, clean, clean)
    assert first.scores.iou_kept is None and "iou_kept" not in to_json(first)
    row = robustness_row(THERMAL_MISSING, evaluator.run(method, THERMAL_MISSING), clean)
    assert row.scores.iou_kept["consensus"]["night"]["person"] == 0
    assert row.scores.iou_kept["consensus"]["night"]["car"] == 1
    assert row.scores.iou_kept["consensus"]["night"]["bike"] is None


CURVE = CurveFigures(1, (0.0, 1.0), (1.0, 0.2), (0.2, 1.0), (1.0, 0.3), 0.5, 0.6, 0.55, 1.0, 0.0)
FAITHFULNESS = FaithfulnessFigures(
    2,
    1,
    PathInfo(1, "power", "black"),
    16,
    {"all": ErrorFigures(1, 0.1, 0.2)},
    {"thermal": {"all": CURVE}, "rgb": {"all": CURVE}},
    SanityFigures(3, (0, 1), None, 0.5, 2.0, {"thermal share": MapFigures(0.9, (0.1, None), 0.1, True)}, None),
)
AGREEMENT = AgreementFigures(3, 100, 0.75, None, {"car": 0.5, "bike": None}, BrightnessReference(0.5, None))

IOU = {"consensus": {"all": {"car": 0.5, "bike": None}}}
FAILURE = FailureFigures("rgb", "noise", "uniform noise", {"all": {"car": BoxFigures(1.0, None, 2, 0)}}, IOU, IOU)
RECORDING = RecordingFigures(
    "woods", 2, {"car": 0.5}, 0.1, None, {"car": FalsePixels(3, 0.1, 2)}, (SoughtObject("he", ("person",), 2, 1, 0.2),)
)


def everything(evaluator):
    """A document with every part."""
    method = PerfectMethod(evaluator.dataset)
    clean = evaluator.run(method)
    document = evaluation_document(evaluator.dataset, method, clean, "fusion")
    return replace(
        document,
        notes=("a note",),
        attribution_check=AttributionCheck({"all": AGREEMENT}, FAITHFULNESS),
        stability=StabilityFigures(
            measure_shake(evaluator, method),
            RenderedFigures(10, 10.0, 5.0, (DriveFigures("day, standing", document.temporal),)),
        ),
        robustness=(robustness_row(CLEAN, clean, clean), robustness_row(THERMAL_MISSING, clean, clean)),
        failures=(FAILURE,),
        video=(RECORDING,),
        baselines={"max": document.fusion},
    )


def test_every_part_comes_back_from_a_file(evaluator, tmp_path):
    document = everything(evaluator)
    EVALUATION.write_file(tmp_path / "e.json", document)
    assert EVALUATION.read_file(tmp_path / "e.json") == document
    values = json.loads((tmp_path / "e.json").read_text())
    assert values["attribution"]["all"]["brightness_agreement"] == 0.5
    assert values["stability"]["rendered"]["drives"][0]["frame_pairs"] == document.temporal.frame_pairs
    assert values["stability"]["next_frame"]["changes"][0]["splits"]["all"]["agreement"] == 1
    assert values["robustness"][0]["iou"]["consensus"]["all"]["car"] == 1
    assert values["failures"][0]["iou_of_other_alone"] == IOU
    assert values["video"][0]["sought"][0]["found"] == 1


def test_what_was_not_asked_for_is_left_out_and_what_cannot_be_said_is_null(evaluator):
    method = PerfectMethod(evaluator.dataset)
    plain = evaluation_document(evaluator.dataset, method, evaluator.run(method), "fusion")
    assert not {"attribution", "faithfulness", "stability", "robustness", "failures", "video", "baselines"} & set(
        EVALUATION.write(plain)
    )
    asked = replace(plain, attribution_check=AttributionCheck(None, None))
    values = EVALUATION.write(asked)
    assert values["attribution"] is None and values["faithfulness"] is None
    assert EVALUATION.read(values) == asked


FAULTS = {
    "newer": (lambda d: d.update(schema_version=2), "schema 2, this package reads up to 1; update fusion_perception"),
    "of another kind": (lambda d: d.update(schema="fusion_perception.bench"), "its 'schema' is 'fusion_perception.ben"),
    "another method": (
        lambda d: d["method"].update(kind="magic"),
        "method.kind is 'magic'; allowed: model, folder, ba",
    ),
    "no number": (lambda d: d["fusion"]["day"].update(EN="high"), "fusion.day.EN is 'high'; allowed: a number, null"),
    "no count": (lambda d: d["boxes"]["all"]["car"].update(boxes=-1), "boxes.all.car.boxes is -1; allowed: a whole"),
    "half of the scores": (lambda d: d.pop("boxes"), "boxes is missing"),
    "deep": (
        lambda d: d["faithfulness"]["curves"]["rgb"]["all"]["shares"].append("x"),
        r"faithfulness.curves.rgb.all.shares\[2\] is 'x'; allowed: a number",
    ),
    "no sensor": (
        lambda d: d["failures"][0].update(sensor="radar"),
        r"failures\[0\].sensor is 'radar'; allowed: thermal",
    ),
    "unknown": (lambda d: d["frames"][1].update(score=1), r"frames\[1\].score is not known; allowed: name, time"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_document_is_refused_with_place_and_value(evaluator, fault):
    edit, says = FAULTS[fault]
    values = json.loads(json.dumps(EVALUATION.write(everything(evaluator))))
    edit(values)
    with pytest.raises(DataError, match=says):
        EVALUATION.read(values)
