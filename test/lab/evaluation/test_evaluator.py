# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.video_dataset import VideoDataset
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.figures import BoxFigures
from fusion_perception.lab.evaluation.fusion_metrics import fusion_metrics
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.robustness import PERTURBATIONS
from fusion_perception.labels import FMB15
from test.lab.evaluation.scenes import NAMES, PerfectMethod, write_dataset
from test.lab.evaluation.video.recordings import write_recording


@pytest.fixture
def dataset(tmp_path):
    return PairDataset(write_dataset(tmp_path))


def test_a_perfect_method_has_perfect_figures(dataset):
    result = Evaluator(dataset).run(PerfectMethod(dataset))
    masks = result.scores.mask_summary()
    assert masks["consensus"]["all"].images == 3 and masks["boxes"]["all"].images == 1
    assert list(masks["consensus"]) == ["all", "day", "night"]
    assert masks["consensus"]["night"].iou["person"] == 1
    assert masks["consensus"]["all"].ece == 0
    boxes = result.scores.box_summary()
    assert boxes["day"]["person"] == BoxFigures(1.0, 1.0, 2, 400)
    assert [f.object_iou for f in result.frames] == [1] * 4
    assert result.frames[0].boxes == (2, 2)
    assert result.engine_ms == [2.0] * 4


def test_fusion_figures_are_those_of_the_metrics_whatever_the_threads(dataset):
    one, many = (Evaluator(dataset, workers=n).run(BaselineMethod("max")) for n in (1, 3))
    item = dataset[2]
    fused = BaselineMethod("max").run(item.name, item.thermal, item.rgb).fused
    assert one.frames[2].fusion["Qabf"] == fusion_metrics(item.thermal, item.rgb, fused)["Qabf"]
    assert [f.fusion["EN"] for f in one.frames] == [f.fusion["EN"] for f in many.frames]
    means = one.fusion_means()
    assert list(means) == ["all", "day", "night"]
    assert means["night"]["EN"] == pytest.approx(np.mean([f.fusion["EN"] for f in one.frames[2:]]))
    assert means["all"]["MS_SSIM"] is None
    assert one.scores is None and one.temporal.summary().frame_pairs + one.temporal.summary().left_out == 2


def test_a_missing_sensor_costs_what_only_it_sees(dataset):
    method, evaluator = PerfectMethod(dataset), Evaluator(dataset)
    by_name = {p.name: p for p in PERTURBATIONS}
    blind = evaluator.run(method, by_name["thermal missing"])
    iou = blind.scores.mask_summary()["consensus"]["all"].iou
    assert iou["person"] == 0 and iou["car"] == 1
    assert blind.temporal is None
    dark = evaluator.run(method, by_name["RGB missing"]).scores.mask_summary()["consensus"]["all"].iou
    assert dark["person"] == 1 and dark["car"] == 0


@pytest.mark.parametrize("name", ["thermal noise", "RGB noise"])
def test_every_method_gets_the_same_noise(dataset, name):
    class Listener(PerfectMethod):
        def run(self, name, thermal, rgb, *, attribution=False):
            self.heard += [thermal, rgb]
            return super().run(name, thermal, rgb, attribution=attribution)

    methods = Listener(dataset), Listener(dataset)
    for method in methods:
        method.heard = []
        Evaluator(dataset).run(method, next(p for p in PERTURBATIONS if p.name == name))
    assert all(np.array_equal(*images) for images in zip(methods[0].heard, methods[1].heard, strict=True))


def test_the_attribution_is_tried_by_taking_sensors_away(dataset):
    summary = Evaluator(dataset).sensor_agreement(PerfectMethod(dataset))
    assert summary["all"].frames == 4
    assert summary["all"].agreement == 0.5  # the method always says "both alike"
    assert summary["all"].brightness.brightness_agreement > 0.9  # here people are bright in thermal and cars in RGB
    assert Evaluator(dataset).sensor_agreement(BaselineMethod("max")) is None


def test_limit_and_progress(dataset):
    seen = []
    result = Evaluator(dataset, limit=2).run(BaselineMethod("max"), tick=lambda done, of: seen.append((done, of)))
    assert [f.name for f in result.frames] == list(NAMES[:2])
    assert seen == [(1, 2), (2, 2)]


def test_without_labels_and_annotations_only_fusion_is_measured(tmp_path):
    write_dataset(tmp_path, annotations=False)
    for path in (tmp_path / "Segmentation_labels").iterdir():
        path.unlink()
    dataset = PairDataset(tmp_path)
    method = PerfectMethod(PairDataset(write_dataset(tmp_path / "with")))
    result = Evaluator(dataset).run(method)
    assert result.scores.mask_summary() == {} and result.scores.box_summary() == {}
    assert result.frames[0].fusion["EN"] > 0 and result.frames[0].object_iou is None


def test_masks_of_another_label_set_are_not_compared(dataset):
    method = PerfectMethod(dataset)
    method.labels = FMB15
    result = Evaluator(dataset).run(method)
    assert result.scores.mask_summary() == {}
    assert "'fmb15', the data set's 'msrs9'" in result.notes[0]


def test_thermal_images_of_another_size_and_depth_are_brought_to_the_rgb_image(tmp_path):
    write_dataset(tmp_path, NAMES[:1])
    path = tmp_path / "ir" / f"{NAMES[0]}.png"
    raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(path), cv2.resize(raw, (32, 24)).astype(np.uint16) * 200)
    item = next(Evaluator(PairDataset(tmp_path)).items())
    assert item.thermal.dtype == np.uint8 and item.thermal.shape == item.rgb.shape[:2]


def test_the_gain_of_a_pair_does_not_depend_on_the_pairs_before_it(tmp_path):
    write_dataset(tmp_path)
    for number, name in enumerate(NAMES):
        path = tmp_path / "ir" / f"{name}.png"
        raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(path), raw.astype(np.uint16) * (20 + 5 * number) + 1000 * number)
    evaluator = Evaluator(PairDataset(tmp_path))
    together, backwards = list(evaluator.items()), list(evaluator.items([3, 2, 1, 0]))[::-1]
    for i, (one, other) in enumerate(zip(together, backwards, strict=True)):
        np.testing.assert_array_equal(one.thermal, other.thermal)
        np.testing.assert_array_equal(one.thermal, next(evaluator.items([i])).thermal)


def test_the_gain_of_a_video_goes_on_and_begins_anew_with_each_recording(tmp_path):
    for name in ("a", "b"):
        folder = write_recording(tmp_path, name)
        for number, path in enumerate(sorted((folder / "ir").iterdir())):
            raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            cv2.imwrite(str(path), raw.astype(np.uint16) * 20 + 400 * number)
    evaluator = Evaluator(VideoDataset([tmp_path]))
    frames = [item.thermal for item in evaluator.items()]
    assert all((one == other).all() for one, other in zip(frames[:3], frames[3:], strict=True))
    alone = next(evaluator.items([1])).thermal
    assert frames[1].mean() > alone.mean() + 2  # the range of the first frame still counts


def test_fusion_metrics_can_be_left_out_and_outputs_are_shown_in_order(dataset):
    seen = []
    result = Evaluator(dataset).run(
        PerfectMethod(dataset), fusion=False, seen=lambda i, output: seen.append((i, output))
    )
    assert [i for i, _ in seen] == [0, 1, 2, 3] and seen[0][1].mask is not None
    assert result.fusion_means() == {} and [f.fusion for f in result.frames] == [{}] * 4
    assert result.scores.box_summary()["all"]["car"].matched == 1


def test_labels_with_foreign_ids_are_named(tmp_path):
    write_dataset(tmp_path, NAMES[:1])
    dataset = PairDataset(tmp_path)
    method = PerfectMethod(dataset)
    cv2.imwrite(str(tmp_path / "Segmentation_labels" / f"{NAMES[0]}.png"), np.full((48, 64), 77, np.uint8))
    with pytest.raises(DataError, match="labels of '00001D': the target mask has id 77"):
        Evaluator(dataset).run(method)
