# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.lab.evaluation.attribution_tables import attribution_tables, curve_table, sanity_table

CURVE = {"pairs": 4, "deletion": [1, 0.25], "deletion_area": 0.4, "insertion_area": 0.9, "random_area": 0.6}
CURVE |= {"deletion_better": 0.75, "insertion_better": 1.0}
MAP = {"same_network_noisy_input": 0.99, "random_networks": [0.8, None], "mean_absolute": 0.8, "passed": False}
FIGURES = {
    "path": {"steps": 1, "rule": "right", "baseline": "black"},
    "completeness_error": {"all": {"pairs": 4, "median": 0.5, "p90": 0.7}},
    "curves": {"thermal": {"all": CURVE}, "rgb": {"all": CURVE}},
    "sanity": {
        "kernels_replaced": 43,
        "not_done": None,
        "limit": 0.5,
        "share_and_brightness_ratio": 0.82,
        "maps": {"thermal share": MAP, "thermal evidence": {**MAP, "mean_absolute": 0.1, "passed": True}},
    },
}


def test_areas_stand_beside_the_random_order():
    table = curve_table(FIGURES)
    assert [row[0] for row in table.rows] == ["thermal, all", "RGB, all"]
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["deletion"], row["insertion"], row["random"]) == ("0.400", "0.900", "0.600")
    assert row["better than random"] == "75% / 100%" and row["score left without"] == "0.25"
    assert "path of 1 point from black" in table.note


def test_a_map_that_hardly_changes_is_called_that():
    table = sanity_table(FIGURES["sanity"])
    assert table.rows[0] == ("thermal share", "0.99", "0.80, –", "0.80", "HARDLY CHANGES")
    assert table.rows[1][-1] == "changes"
    assert "0.82 with the thermal share" in table.note


def test_a_check_that_could_not_be_done_says_why():
    empty = {**MAP, "random_networks": [], "mean_absolute": None, "passed": None}
    table = sanity_table({**FIGURES["sanity"], "not_done": "no kernels", "maps": {"thermal share": empty}})
    assert table.rows[0] == ("thermal share", "0.99", "–", "–", "–") and "no kernels" in table.note


@pytest.mark.parametrize(("document", "count"), [({}, 0), ({"faithfulness": None}, 0), ({"faithfulness": FIGURES}, 2)])
def test_only_what_was_measured_has_a_table(document, count):
    assert sum(table is not None for table in attribution_tables(document)) == count
