# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="the laboratory needs PyTorch")

from fusion_perception.errors import DataError
from fusion_perception.lab.crossvalidation.document import CROSS_VALIDATION, BoxTally, CrossValidation, Figure, FoldRun
from fusion_perception.lab.crossvalidation.tables import against_table, differing_conditions, figure_table
from fusion_perception.lab.training.training_summary import DataConditions, RunConditions

CONDITIONS = RunConditions(
    split=None, recipe="realtime", budget="cpu", steps=7, seed=0, faithful=False, data="msrs", precision="fp32"
)
RUN = FoldRun(
    seed=0, fold=1, pairs=("00001D",), seconds=1.0, boxes={"day": {"person": BoxTally(4, 2, 10, 5)}}, masks={}
)


def figure(value: float | None, spread: float | None = 0.02, label: str = "person", **changes) -> Figure:
    given = {"measure": "matched", "kind": None, "split": "day", "count": 4, "fold_spread": 0.1, **changes}
    return Figure(label=label, value=value, seed_spread=spread, **given)


def document(*figures: Figure, name: str = "new", seeds: int = 2) -> CrossValidation:
    return CrossValidation(
        created="2026-11-27T00:00:00+00:00",
        versions={},
        name=name,
        conditions=CONDITIONS,
        data=DataConditions(synthetic=0, labels="msrs9"),
        folds=2,
        box_set="fusion",
        runs=tuple(replace(RUN, seed=seed) for seed in range(seeds)),
        figures=figures,
    )


def test_every_figure_has_its_spreads() -> None:
    found = document(figure(0.5), figure(0.25, None, measure="precision", fold_spread=None), figure(None, label="bike"))
    table = figure_table(found)
    assert table.title == "new, cross-validated: 2 folds, 1 pairs, seeds 0, 1"
    assert table.rows == (("person, day", "4", "0.500 ±0.100 (0.020)", "0.250"), ("bike, day", "4", "–", "–"))
    assert "IoU consensus" in figure_table(document(figure(0.5, measure="iou", kind="consensus"))).columns


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (figure(0.60), figure(0.50), "better"),
        (figure(0.40), figure(0.50), "worse"),
        (figure(0.51), figure(0.50), "within"),
        (figure(0.60), figure(0.50, 0.2), "within"),  # the larger of the two spreads counts
        (figure(0.60, None), figure(0.50, 0.05), "better"),
        (figure(0.60, None), figure(0.50, None), "one seed"),
        (figure(0.60), figure(None), "–"),
        (figure(0.60), figure(0.50, label="car"), "–"),
    ],
)
def test_a_difference_is_judged_by_the_spread_between_seeds(ours: Figure, theirs: Figure, verdict: str) -> None:
    table = against_table(document(ours), {"old": document(theirs, name="old")})
    assert table.columns == ("figure", "new", "old", "difference", "spread", "verdict")
    assert table.rows[0][0] == "person, day: matched"
    assert table.rows[0][-1] == verdict
    better, worse = int(verdict == "better"), int(verdict == "worse")
    assert f"against old: better in {better}, worse in {worse} of 1" in table.note


def test_what_else_differs_is_told() -> None:
    ours = document(figure(0.5))
    assert differing_conditions(ours, document(figure(0.6))) == []
    other = replace(document(seeds=1), folds=5, conditions=replace(CONDITIONS, steps=9))
    assert differing_conditions(ours, other) == ["folds 2 and 5", "steps 7 and 9", "seeds 2 and 1"]
    elsewhere = replace(ours, runs=(replace(RUN, pairs=("00002D", "00003D")), replace(RUN, seed=1, pairs=())))
    assert differing_conditions(ours, elsewhere) == ["other pairs (1 and 2)"]


def test_a_document_is_read_as_it_is_written() -> None:
    found = document(figure(0.5), figure(None, None))
    values = CROSS_VALIDATION.write(found)
    assert values["schema"] == "fusion_perception.crossvalidation"
    assert CROSS_VALIDATION.read(values) == found
    values["runs"][0]["boxes"]["day"]["person"]["matched"] = -1
    with pytest.raises(DataError, match=r"runs\[0\].boxes.day.person.matched is -1"):
        CROSS_VALIDATION.read(values)
