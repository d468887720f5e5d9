# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what of a demonstration goes into a recording for Rerun."""

from dataclasses import replace

import numpy as np

from fusion_perception.bags.rerun_file import ATTRIBUTION, FUSED, RGB, THERMAL
from fusion_perception.demo.recording import MASK, OVERLAY, Recording
from fusion_perception.demo.recording_document import StampedShares
from fusion_perception.demo.rerun_recording import add_run
from fusion_perception.health import MapShares, RunEvent
from fusion_perception.labels import MSRS9
from test.demo.fake_run import recording


class Listed:
    """Takes the place of a file; remembers what it was given."""

    def __init__(self):
        self.given = []

    def __getattr__(self, name):
        return lambda *arguments: self.given.append((name, *arguments))


def test_images_of_a_result_with_those_of_the_cameras(tmp_path):
    file = Listed()
    made = Recording(MSRS9, 1.0, tmp_path, rerun=file)
    grey, colour = np.zeros((48, 64), np.uint8), np.zeros((48, 64, 3), np.uint8)
    made.add_input("thermal", 7, grey.astype(np.uint16))
    made.add_input("rgb", 5, colour)
    made.add_result("fusion/image", 5, colour)
    made.add_result("fusion/attribution_color", 5, colour)
    made.add_map(MASK, 5, grey)
    made.add_result(OVERLAY, 5, colour)
    made.finish()
    images = [(given[1], given[2], given[3].shape) for given in file.given if given[0] == "add_image"]
    sizes = {THERMAL: (48, 64, 3), RGB: (48, 64, 3), FUSED: (48, 64, 3), ATTRIBUTION: (48, 64, 3)}
    assert images == [(entity, 5, size) for entity, size in sizes.items()]
    assert [(name, stamp) for name, stamp, *_ in file.given if name == "add_mask"] == [("add_mask", 5)]


def test_figures_of_a_run():
    file = Listed()
    shares = MapShares((1.0,))
    document = replace(
        recording(pairs=3, results=2), shares=(StampedShares(5, shares),), events=(RunEvent(6, "warning", "x"),)
    )
    add_run(file, document)
    first, second = document.topics["fusion/image"].stamps_ns
    assert file.given == [
        ("add_times", first, (1.0,)),
        ("add_times", second, (2.0,)),
        ("add_shares", 5, shares),
        ("add_event", RunEvent(6, "warning", "x")),
    ]
