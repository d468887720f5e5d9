# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is told about the thermal camera."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from fusion_perception.preprocess.sensor_defects import NO_DEFECTS, Defects
from fusion_perception.ros.thermal_report import ThermalReport


def gain(rows=(), columns=(), pixels=0, shutter_frames=0):
    defects = Defects(np.array(rows, int), np.array(columns, int), np.arange(pixels))
    return SimpleNamespace(defects=defects, shutter_frames=shutter_frames)


def test_values_say_which_lines_and_how_many():
    assert ThermalReport().values(gain()) == {
        "thermal_dead_rows": "none",
        "thermal_dead_columns": "none",
        "thermal_dead_pixels": "0",
        "thermal_shutter_frames": "0",
    }
    values = ThermalReport().values(gain([0, 1], range(12), 7, 30))
    assert values["thermal_dead_rows"] == "0, 1"
    assert values["thermal_dead_columns"] == "0, 1, 2, 3, 4, 5, 6, 7 and 4 more"
    assert (values["thermal_dead_pixels"], values["thermal_shutter_frames"]) == ("7", "30")


def test_every_key_is_documented():
    document = (Path(__file__).parents[2] / "docs" / "node.md").read_text(encoding="utf-8")
    for key in ThermalReport().values(gain()):
        assert f"`{key}`" in document, key


def test_each_line_is_named_once():
    report = ThermalReport()
    assert report.warning(SimpleNamespace(defects=NO_DEFECTS)) is None
    text = report.warning(gain([3], [5, 6], 4))
    assert text.startswith("thermal image: row 3, column 5, 6, 4 single pixel(s) stick out of every frame")
    for known in (gain([3], [5, 6], 4), gain([3]), gain(), gain(columns=[6], pixels=8)):
        assert report.warning(known) is None
    assert "row 3, 9 stick out" in report.warning(gain([3, 9]))
    assert "9 single pixel(s) stick out" in report.warning(gain(pixels=9))
    assert report.warning(gain(pixels=9)) is None


def test_every_closing_of_the_shutter_is_told():
    report = ThermalReport()
    assert report.news(gain()) is None
    assert report.news(gain(shutter_frames=5)) == (
        "thermal camera calibrates itself (shutter): 5 frames without a picture"
    )
    assert report.news(gain(shutter_frames=5)) is None
    assert "2 frames" in report.news(gain(shutter_frames=7))
    assert report.news(gain(shutter_frames=0)) is None  # a gain control of other settings counts anew
    assert "1 frames" in report.news(gain(shutter_frames=1))
