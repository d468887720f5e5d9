# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from fusion_perception.lab.evaluation.attribution_figures import (
    AgreementFigures,
    BrightnessReference,
    CorruptionFigures,
    CurveFigures,
    ErrorFigures,
    FaithfulnessFigures,
    MapFigures,
    OcclusionFigures,
    PathInfo,
    SanityFigures,
    ShapleyFigures,
)
from fusion_perception.lab.evaluation.attribution_tables import (
    agreement_table,
    attribution_tables,
    corruption_table,
    curve_table,
    sanity_table,
    shapley_table,
)
from fusion_perception.lab.evaluation.document import AttributionCheck
from test.lab.evaluation.scenes import fusing_document

CURVE = CurveFigures(
    pairs=4,
    shares=(0.0, 1.0),
    deletion=(1, 0.25),
    insertion=(0.25, 1),
    random=(1, 0.25),
    deletion_area=0.4,
    insertion_area=0.9,
    random_area=0.6,
    deletion_better=0.75,
    insertion_better=1.0,
)
MAP = MapFigures(same_network_noisy_input=0.99, random_networks=(0.8, None), mean_absolute=0.8, passed=False)
SANITY = SanityFigures(
    kernels_replaced=43,
    seeds=(0, 1),
    not_done=None,
    limit=0.5,
    noise_levels=2.0,
    maps={"thermal share": MAP, "thermal evidence": replace(MAP, mean_absolute=0.1, passed=True)},
    share_and_brightness_ratio=0.82,
)
FIGURES = FaithfulnessFigures(
    pairs=4,
    left_out=0,
    path=PathInfo(1, "right", "black"),
    square=16,
    completeness_error={"all": ErrorFigures(4, 0.5, 0.7)},
    curves={"thermal": {"all": CURVE}, "rgb": {"all": CURVE}},
    sanity=SANITY,
)
AGREEMENT = AgreementFigures(
    frames=2,
    decided_pixels=9,
    agreement=0.75,
    rank_correlation=None,
    thermal_share={"person": 0.9, "bike": None},
    brightness=BrightnessReference(0.5, 0.25, 0.11),
    gap=0.42,
    largest_gap=0.43,
)
CORRUPTION = CorruptionFigures("rgb", "noise", "uniform noise", 10, 0.9, 0.6, 0.1, 0.25, None)


def test_agreement_stands_beside_that_of_brightness():
    table = agreement_table({"all": AGREEMENT, "day": replace(AGREEMENT, brightness=None)})
    columns = ("frames", "agreement", "rank correlation", "gap", "largest gap", "brightness alone", "person share")
    assert table.columns[1:] == columns
    assert table.rows[0] == ("all", "2", "0.75", "–", "0.42", "0.43", "0.50 / 0.25 / 0.11", "0.90")
    assert table.rows[1][6] == "– / – / –"


def test_areas_stand_beside_the_random_order():
    table = curve_table(FIGURES)
    assert [row[0] for row in table.rows] == ["thermal, all", "RGB, all"]
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["deletion"], row["insertion"], row["random"]) == ("0.400", "0.900", "0.600")
    assert row["better than random"] == "75% / 100%" and row["score left without"] == "0.25"
    assert "path of 1 point from black" in table.note


def test_a_map_that_hardly_changes_is_called_that():
    table = sanity_table(SANITY)
    assert table.rows[0] == ("thermal share", "0.99", "0.80, –", "0.80", "HARDLY CHANGES")
    assert table.rows[1][-1] == "changes"
    assert "0.82 with the thermal share" in table.note


def test_a_check_that_could_not_be_done_says_why():
    empty = replace(MAP, random_networks=(), mean_absolute=None, passed=None)
    table = sanity_table(replace(SANITY, not_done="no kernels", maps={"thermal share": empty}))
    assert table.rows[0] == ("thermal share", "0.99", "–", "–", "–") and "no kernels" in table.note


def test_failures_stand_one_below_the_other_and_all_together():
    table = corruption_table([CORRUPTION, replace(CORRUPTION, sensor="thermal", pairs=30, away=1.0)])
    assert table.rows[0] == ("RGB, noise", "10", "90%", "0.60", "0.10", "25%", "–")
    assert table.rows[1][0] == "thermal, noise"
    assert table.rows[2][:3] == ("all", "40", "98%")
    nothing = corruption_table([replace(CORRUPTION, pairs=0, away=None)])
    assert nothing.rows[-1][:3] == ("all", "0", "–")


def test_errors_of_values_are_small_numbers():
    table = shapley_table(ShapleyFigures(3, 1.25e-7, None, SANITY))
    assert table.rows == (("3", "1.2e-07", "–"),)


@pytest.mark.parametrize(
    ("check", "count"),
    [
        (None, 0),
        (AttributionCheck(None, None), 0),
        (AttributionCheck({}, None), 0),
        (AttributionCheck({"all": AGREEMENT}, None), 1),
        (AttributionCheck(None, FIGURES), 2),
        (AttributionCheck(None, None, ShapleyFigures(1, 0.0, 0.0, SANITY)), 2),
        (AttributionCheck(None, None, None, {"all": OcclusionFigures(9, 4, 0.5, None)}, (CORRUPTION,)), 2),
    ],
)
def test_only_what_was_measured_has_a_table(check, count):
    assert len(list(attribution_tables(replace(fusing_document(), attribution_check=check)))) == count
