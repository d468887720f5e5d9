# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from fusion_perception.documents.typed_document import check
from fusion_perception.errors import ModelError
from fusion_perception.lab.evaluation.attribution_figures import PathInfo
from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe
from fusion_perception.lab.evaluation.faithfulness import Faithfulness, choose
from test.lab.evaluation.explained_model import explained_model, explained_pair


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "explained.onnx"
    path.write_bytes(explained_model())
    score = Faithfulness(AttributionProbe(path, 1), seeds=(0, 1), portions=6)
    for seed in range(3):
        score.update(*explained_pair(seed), "night" if seed else "day")
    return score.summary()


def test_gradient_times_input_of_linear_logits_is_complete(summary):
    assert summary.completeness_error["all"].median < 1e-5
    assert {s: v.pairs for s, v in summary.completeness_error.items()} == {"all": 3, "day": 1, "night": 2}
    assert summary.path == PathInfo(1, "power", "black")


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
def test_the_order_of_the_map_beats_a_random_one_on_both_sensors(summary, sensor):
    curve = summary.curves[sensor]["all"]
    assert curve.deletion[0] == pytest.approx(1) and curve.insertion[-1] == pytest.approx(1)
    assert curve.deletion[-1] == pytest.approx(curve.insertion[0])
    assert curve.random[0] == curve.deletion[0] and curve.random[-1] == pytest.approx(curve.deletion[-1])
    assert curve.deletion_area < curve.random_area - 0.05
    assert curve.insertion_area > curve.random_area + 0.05
    assert curve.deletion_better == curve.insertion_better == 1
    # one of the six squares of a sensor holds its object: one portion is enough
    assert curve.deletion[1] == pytest.approx(min(curve.deletion), abs=0.1)


def test_the_score_is_that_of_the_clean_prediction(summary):
    both = [summary.curves[sensor]["all"].deletion[-1] for sensor in ("thermal", "rgb")]
    assert sum(both) == pytest.approx(1, abs=1e-4)  # linear logits: what one loses the other keeps


def test_sanity_names_kernels_seeds_and_references(summary):
    sanity = summary.sanity
    assert sanity.kernels_replaced == 1 and sanity.seeds == (0, 1)
    for figures in sanity.maps.values():
        assert figures.same_network_noisy_input > 0.6
        assert len(figures.random_networks) == 2
        assert figures.passed == (figures.mean_absolute <= sanity.limit)
    assert -1 <= sanity.share_and_brightness_ratio <= 1
    check(summary)


def test_without_kernels_to_draw_the_rest_is_measured(tmp_path, monkeypatch):
    def refuse(self, seed):
        raise ModelError("no kernels")

    monkeypatch.setattr(AttributionProbe, "randomised", refuse)
    path = tmp_path / "explained.onnx"
    path.write_bytes(explained_model())
    score = Faithfulness(AttributionProbe(path, 1), portions=2)
    score.update(*explained_pair())
    summary = score.summary()
    assert summary.sanity.not_done == "no kernels"
    assert summary.sanity.maps["thermal share"].passed is None
    assert summary.curves["rgb"]["all"].pairs == 1
    check(summary)


def test_a_pair_that_explains_nothing_is_left_out(tmp_path):
    path = tmp_path / "explained.onnx"
    path.write_bytes(explained_model())
    score = Faithfulness(AttributionProbe(path, 1), seeds=(0,), portions=2)
    thermal, rgb = explained_pair()
    score.update(np.zeros_like(thermal), np.zeros_like(rgb))
    summary = score.summary()
    assert summary.left_out == 1 and summary.completeness_error == {}
    assert summary.curves == {"thermal": {}, "rgb": {}}
    check(summary)


@pytest.mark.parametrize(
    ("count", "wanted", "chosen"), [(5, 0, [0, 1, 2, 3, 4]), (5, 9, [0, 1, 2, 3, 4]), (9, 3, [1, 4, 7]), (4, 1, [2])]
)
def test_pairs_are_chosen_evenly(count, wanted, chosen):
    assert choose(count, wanted) == chosen
