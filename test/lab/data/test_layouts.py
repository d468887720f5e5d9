# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.layouts import LAYOUTS, get_layout
from fusion_perception.lab.data.recogniser import recognise
from fusion_perception.labels import FMB15


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda la: la.name)
def test_every_layout_is_found_by_its_folders(tmp_path, layout):
    rgb, thermal, _ = layout.folders("test" if "test" in layout.splits else "val")
    for folder in (rgb, thermal):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    if layout.name_map:
        (tmp_path / layout.name_map).write_text("{}")
    assert recognise(tmp_path).layout is layout


def test_names_are_unique_and_known():
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)
    assert get_layout("fmb").label_set is FMB15
    with pytest.raises(DataError, match="unknown layout 'kitti'; known: msrs, "):
        get_layout("kitti")


def test_a_folder_of_something_else_is_named(tmp_path):
    with pytest.raises(DataError, match="none of the known layouts"):
        recognise(tmp_path)
    with pytest.raises(DataError, match="no folder"):
        recognise(tmp_path / "missing")
