# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.camera_shake import measure_shake
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.methods import BaselineMethod
from fusion_perception.lab.evaluation.stability_figures import (
    ChangeFigures,
    DriveFigures,
    MaskStability,
    NextFrameFigures,
    RenderedFigures,
    StabilityFigures,
    TemporalFigures,
)
from fusion_perception.lab.evaluation.stability_tables import (
    drive_table,
    shake_table,
    stability_table,
    stability_tables,
)
from test.lab.evaluation.scenes import PerfectMethod, fusing_document, write_dataset

DRIVE = TemporalFigures(frame_pairs=9, left_out=0, unchanged_share=0.98, pumping_levels=0.1)
RENDERED = RenderedFigures(
    frames=10,
    rate_hz=10.0,
    speed_m_s=5.0,
    drives=(
        DriveFigures("day, standing", replace(DRIVE, masks=MaskStability(0.9, {"car": 0.9}, 0.01))),
        DriveFigures("day, standing", DRIVE),
    ),
)


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


@pytest.mark.parametrize("temporal", [None, replace(DRIVE, frame_pairs=0)])
def test_only_what_was_measured_has_a_table(temporal):
    document = replace(fusing_document(), temporal=temporal)
    assert list(stability_tables(document)) == []
    figures = NextFrameFigures(2, (ChangeFigures("noise", "n", {}),))
    assert len(list(stability_tables(replace(document, stability=StabilityFigures(figures, RENDERED))))) == 2


def test_masks_have_rows_where_there_are_masks():
    with_masks = replace(DRIVE, masks=MaskStability(None, {"car": None}, 0.5))
    assert len(stability_table(DRIVE).rows) == 3
    assert stability_table(with_masks).rows[3:] == (
        ("mask consistency, mean IoU of objects", "–"),
        ("mask flicker, share of unchanged pixels", "0.5000"),
    )
