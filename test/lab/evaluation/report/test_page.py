# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
import re
from dataclasses import replace

import cv2
import pytest

from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.document import FrameFigures, evaluation_document, robustness_row
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.report import write_report
from fusion_perception.lab.evaluation.report.frames import rank_frames
from fusion_perception.lab.evaluation.robustness import CLEAN, PERTURBATIONS
from fusion_perception.lab.pages.player import evenly
from test.lab.evaluation.scenes import NAMES, PerfectMethod, write_dataset


@pytest.fixture
def evaluator(tmp_path):
    return Evaluator(PairDataset(write_dataset(tmp_path / "data")))


def test_a_page_with_tables_charts_and_frames(evaluator, tmp_path):
    method = PerfectMethod(evaluator.dataset)
    clean = evaluator.run(method)
    document = evaluation_document(evaluator.dataset, method, clean, "fusion")
    rows = [robustness_row(p, evaluator.run(method, p), clean) for p in PERTURBATIONS[-2:]]
    document = replace(document, robustness=(robustness_row(CLEAN, clean, clean), *rows))
    page = write_report(tmp_path / "out" / "report", [document], evaluator, method)
    text = page.read_text()
    for words in ("<h1>perfect", "Robustness", "IoU under misalignment, night", "Reliability, all", "Worst frames"):
        assert words in text
    assert not re.search(r"\b(nan|None)\b", text)
    addresses = re.findall(r'(?:src|href)="([^"]{0,20})', text)
    assert "Thermal share of each class" in text and "Time of the engine" in text and "4 of 4" not in text
    assert len(addresses) == 4 and all(address.startswith("data:") for address in addresses), "it needs another file"
    for name in ("worst.jpg", "best.jpg"):
        picture = cv2.imread(str(page.parent / name))
        assert picture.shape[1] > 6 * 300


def test_the_player_shows_every_pair_of_a_few_and_is_tied_to_the_charts(evaluator, tmp_path):
    method = PerfectMethod(evaluator.dataset)
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "fusion")
    text = write_report(tmp_path / "report", [document], evaluator, method).read_text()
    shown = json.loads(re.search(r'<script type="application/json">(.+?)</script>', text, re.DOTALL).group(1))
    assert shown["count"] == len(shown["pictures"]) == len(NAMES) and shown["times"] == [0.5, 1.5, 2.5, 3.5]
    assert [name.split(",")[0] for name in shown["names"]] == list(NAMES)
    assert "All of the 4 pairs" in text
    assert re.search(r'data-last="4.0+"[^>]*><svg[^>]*aria-label="IoU of the objects in each pair"', text)


def test_of_many_pairs_an_even_choice_is_shown(evaluator, tmp_path, monkeypatch):
    monkeypatch.setattr("fusion_perception.lab.evaluation.report.shown_pairs.evenly", lambda count: evenly(count, 2))
    method = BaselineMethod("max")
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "")
    text = " ".join(write_report(tmp_path / "report", [document], evaluator, method).read_text().split())
    assert "2 of the 4 pairs, spread evenly" in text and '"times": [0.5, 3.5]' in text


def test_a_method_that_only_fuses_gets_three_columns(evaluator, tmp_path):
    method = BaselineMethod("max")
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "")
    page = write_report(tmp_path / "report", [document], evaluator, method)
    assert "VIF + Qabf" in page.read_text()
    assert cv2.imread(str(page.parent / "worst.jpg")).shape[1] < 4 * 310


def test_names_are_escaped(evaluator, tmp_path):
    method = BaselineMethod("max")
    method.name = "<b>max"
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "")
    text = write_report(tmp_path / "report", [document], evaluator, method).read_text()
    assert "<b>max" not in text and "&lt;b&gt;max" in text


def test_ranking_is_by_object_iou_where_there_is_one():
    frames = [
        FrameFigures(
            name="", time=None, object_iou=iou, boxes=None, boxes_matched=None, fusion={"VIF": f, "Qabf": None}
        )
        for iou, f in ((0.5, 1.0), (None, 2.0), (0.1, 3.0))
    ]
    assert rank_frames(frames) == ([2, 0], "object IoU")
    frames = [replace(frame, object_iou=None) for frame in frames]
    assert rank_frames(frames) == ([0, 1, 2], "VIF + Qabf")
    assert len(NAMES) == 4
