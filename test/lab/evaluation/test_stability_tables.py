# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.camera_shake import measure_shake
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.stability_tables import drive_table, shake_table, stability_tables
from test.lab.evaluation.scenes import PerfectMethod, write_dataset

DRIVE = {"name": "day, standing", "frame_pairs": 9, "unchanged_share": 0.98, "pumping_levels": 0.1}
RENDERED = {"rate_hz": 10.0, "drives": [{**DRIVE, "consistency": 0.9, "flicker": 0.01}, DRIVE]}


def test_every_change_has_a_row_per_split(tmp_path):
    dataset = PairDataset(write_dataset(tmp_path))
    for method, agreement in ((PerfectMethod(dataset), "1.0000"), (BaselineMethod("max"), "–")):
        table = shake_table(measure_shake(Evaluator(dataset), method))
        assert [row[0] for row in table.rows][:4] == ["noise, all", "noise, day", "noise, night", "shake, all"]
        assert table.rows[0][1] == agreement
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_drive_without_masks_has_dashes():
    table = drive_table(RENDERED)
    assert table.rows[0] == ("day, standing", "9", "0.98", "0.900", "0.0100", "0.10")
    assert table.rows[1][3] == table.rows[1][4] == "–"
    assert "10 frames a second" in table.title


@pytest.mark.parametrize("document", [{}, {"temporal": None}, {"temporal": {"frame_pairs": 0}}])
def test_only_what_was_measured_has_a_table(document):
    assert [t for t in stability_tables(document) if t is not None] == []
    figures = {"changes": [{"name": "noise", "description": "n", "splits": {}}]}
    both = list(stability_tables({**document, "stability": {"next_frame": figures, "rendered": RENDERED}}))
    assert sum(t is not None for t in both) == 2
