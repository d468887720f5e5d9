# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data import pair_folders
from fusion_perception.lab.data.pair_folders import find_pair_folders


def make(folder):
    for side in ("vi", "ir"):
        (folder / side).mkdir(parents=True)
    return folder


def test_a_folder_of_pairs_is_itself(tmp_path):
    make(tmp_path)
    make(tmp_path / "vi/inner")
    assert find_pair_folders(tmp_path) == [tmp_path]


def test_sequences_are_found_below(tmp_path):
    wanted = [make(tmp_path / "a/b/two"), make(tmp_path / "one"), make(tmp_path / "three")]
    make(tmp_path / ".hidden")
    make(tmp_path / "one/four/five/six/too_deep")
    (tmp_path / "notes.txt").write_text("no folder")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert find_pair_folders(tmp_path) == sorted(wanted)


def test_other_layouts_are_found(tmp_path):
    for side in ("crop_LR_visible", "cropinfrared"):
        (tmp_path / "road" / side).mkdir(parents=True)
    assert find_pair_folders(tmp_path) == [tmp_path / "road"]


def test_folders_without_pairs_are_named(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"no folder .*nowhere; give a folder with 'vi'"):
        find_pair_folders(tmp_path / "nowhere")
    make(tmp_path / "1/2/3/4")
    with pytest.raises(DataError, match="no pairs in it, nor in folders up to 3 below it"):
        find_pair_folders(tmp_path)
    make(tmp_path / "a/b/c")
    assert find_pair_folders(tmp_path) == [tmp_path / "a/b/c"]
    monkeypatch.setattr(pair_folders, "MAX_FOLDERS", 4)
    with pytest.raises(DataError, match="more than 4 folders to look into"):
        find_pair_folders(tmp_path)
