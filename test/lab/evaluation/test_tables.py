# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.document import evaluation_document, robustness_row
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.robustness import CLEAN, THERMAL_MISSING
from fusion_perception.lab.evaluation.tables import (
    box_table,
    detail_tables,
    missing_sensor_table,
    robustness_table,
    summary_tables,
)
from test.lab.evaluation.scenes import PerfectMethod, write_dataset


@pytest.fixture
def documents(tmp_path):
    evaluator = Evaluator(PairDataset(write_dataset(tmp_path)))
    documents = []
    for method in (PerfectMethod(evaluator.dataset), BaselineMethod("max")):
        clean = evaluator.run(method)
        documents.append(evaluation_document(evaluator.dataset, method, clean, "fusion"))
        if method.labels:
            worse = evaluator.run(method, THERMAL_MISSING)
            rows = (robustness_row(CLEAN, clean, clean), robustness_row(THERMAL_MISSING, worse, clean))
            documents[0] = replace(documents[0], robustness=rows)
    return documents


def test_every_table_is_rectangular(documents):
    tables = [*summary_tables(documents), *detail_tables(documents[0])]
    assert len(tables) == 9
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert table.text()


def test_fusion_rows_of_all_methods(documents):
    rows = [row[0] for row in summary_tables(documents)[0].rows]
    assert rows == [f"{m}, {s}" for m in ("perfect", "max") for s in ("all", "day", "night")]


def test_boxes_show_matched_precision_and_count(documents):
    table = box_table(documents[0])
    assert table.columns == ("split", "person", "bike", "car")
    assert table.rows[0] == ("all", "1.00 / 1.00 (4)", "– / – (0)", "1.00 / 1.00 (4)")
    assert box_table(documents[1]) is None


def test_absent_classes_have_no_column_but_a_note(documents):
    table = next(t for t in summary_tables(documents) if "consensus" in t.title)
    assert "bump" not in table.columns and "bump" in table.note
    assert table.rows[0][table.columns.index("car")] == "1.000"


def test_robustness_shows_the_share_kept(documents):
    table = robustness_table(documents[0].robustness)
    assert [row[0] for row in table.rows] == ["clean", "thermal missing"]
    assert table.rows[1][table.columns.index("person night")] == "0.000 (0%)"
    assert table.rows[1][table.columns.index("car night")] == "1.000 (100%)"
    assert table.rows[1][table.columns.index("car day matched")] == "1.00"
    assert robustness_table([]) is None


def test_what_is_left_without_a_sensor_is_marked_when_it_is_low(documents):
    table = missing_sensor_table(documents[0].robustness)
    # RGB missing was not run; of the pairs by day, one has each kind of labels
    assert sorted(row[0] for row in table.rows) == ["thermal missing, day (boxes)", "thermal missing, day (consensus)"]
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["person"] == "1.000 -> 0.000 = 0% (low)"
    assert row["car"] == "1.000 -> 1.000 = 100%"
    assert row["bike"] == "–"
    assert missing_sensor_table([]) is None
