# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Summaries of trainings and results of searches: what they say, and what is refused."""

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.training.search_result import SEARCH
from fusion_perception.lab.training.training_summary import (
    TRAINING,
    DataConditions,
    Ends,
    RunConditions,
    RunRecord,
    TrainingSummary,
)

CONDITIONS = RunConditions(
    split=None,
    recipe="tim",
    budget="cpu",
    steps=7,
    seed=0,
    faithful=False,
    data="msrs",
    precision="fp32",
    only=("search",),
)
SUMMARY = TrainingSummary(
    record=RunRecord(conditions=CONDITIONS, processes=1),
    data=DataConditions(synthetic=3, labels="msrs9"),
    seconds=1.5,
    losses={"search": {"fusion": Ends(1.0, 0.5)}},
    score={},
)


def test_conditions_stand_beside_the_figures():
    values = TRAINING.write(SUMMARY)
    assert list(values) == [
        "schema", "schema_version", "split", "recipe", "budget", "steps", "seed", "faithful", "data", "precision",
        "only", "processes", "synthetic", "labels", "seconds", "losses", "score",
    ]  # fmt: skip
    assert values["split"] is None and values["only"] == ["search"] and values["score"] == {}
    assert TRAINING.read(values) == SUMMARY


def test_a_summary_of_the_first_version_which_did_not_say_what_it_is():
    values = TRAINING.write(SUMMARY)
    del values["schema"], values["schema_version"]
    assert TRAINING.read(values) == SUMMARY


FAULTS = {
    "newer": (lambda d: d.update(schema_version=2), "schema 2, this package reads up to 1; update fusion_perception"),
    "missing": (lambda d: d.pop("recipe"), "recipe is missing; name another folder with --out"),
    "no number": (lambda d: d.update(steps="many"), "steps is 'many'; allowed: a whole number"),
    "half a loss": (lambda d: d["losses"]["search"]["fusion"].pop("last"), "losses.search.fusion.last is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_summary_is_refused_with_place_and_value(fault):
    edit, says = FAULTS[fault]
    values = TRAINING.write(SUMMARY)
    edit(values)
    with pytest.raises(DataError, match=says):
        TRAINING.read(values)


def test_latencies_alone_are_a_result_of_a_search():
    assert SEARCH.read({"latency_ms": [[1, 2.5]]}).latency_ms == ((1, 2.5),)
    with pytest.raises(DataError, match=r"latency_ms\[0\]\[1\] is 'x'; allowed: a number"):
        SEARCH.read({"latency_ms": [[1, "x"]]})
    with pytest.raises(DataError, match=r"latency_ms\[0\]\[0\] is -1; allowed: a number from 0"):
        SEARCH.read({"latency_ms": [[-1]]})
