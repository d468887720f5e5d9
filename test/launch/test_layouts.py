# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the layouts for viewers: they show what the node sends, and leave nothing of it out."""

import json
import re
from pathlib import Path

import pytest

from fusion_perception.outputs import OUTPUTS, result_topics

CONFIG = Path(__file__).parents[2] / "config"
CAMERAS = {"thermal/image_raw", "rgb/image_raw"}
RESULTS = {topic.topic: topic for topic in result_topics(OUTPUTS)}
NOT_FOR_PEOPLE = {"fusion/mask", "fusion/attribution"}  # their pictures in colour are shown


def rviz_topics():
    text = (CONFIG / "fusion.rviz").read_text(encoding="utf-8")
    return re.findall(r"^ {8}Value: (\S+)$", text, re.MULTILINE)


def foxglove():
    return json.loads((CONFIG / "fusion.foxglove.json").read_text(encoding="utf-8"))


def foxglove_topics():
    panels = foxglove()["configById"]
    return [panel["imageMode"]["imageTopic"] for panel in panels.values() if "imageMode" in panel]


def test_rviz_shows_every_result_relative_to_its_namespace():
    assert set(rviz_topics()) == CAMERAS | (set(RESULTS) - NOT_FOR_PEOPLE)


def test_foxglove_shows_every_result_and_jpeg_where_there_is_some():
    expected = {f"/{name}/compressed" if topic.compressed else f"/{name}" for name, topic in RESULTS.items()}
    assert set(foxglove_topics()) == {f"/{name}" for name in CAMERAS} | (expected - {f"/{n}" for n in NOT_FOR_PEOPLE})


def test_every_panel_of_foxglove_is_placed_once():
    layout = foxglove()
    placed = []

    def walk(node):
        if isinstance(node, str):
            placed.append(node)
            for tab in layout["configById"][node].get("tabs", ()):
                walk(tab["layout"])
        else:
            assert node["direction"] in ("row", "column")
            walk(node["first"])
            walk(node["second"])

    walk(layout["layout"])
    assert sorted(placed) == sorted(layout["configById"])


@pytest.mark.parametrize("name", ["fusion/attribution/signed/thermal", "fusion/attribution/signed/rgb"])
def test_evidence_has_a_range_with_0_in_its_middle(name):
    (mode,) = (
        panel["imageMode"]
        for panel in foxglove()["configById"].values()
        if panel.get("imageMode", {}).get("imageTopic") == f"/{name}"
    )
    assert mode["minValue"] == -mode["maxValue"] < 0
    text = (CONFIG / "fusion.rviz").read_text(encoding="utf-8")
    (display,) = (part for part in text.split("- Class: ") if f"Value: {name}\n" in part)
    assert "Min Value: -2" in display and "Max Value: 2" in display and "Normalize Range: false" in display
