# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of where models and configuration are found."""

import os

import pytest

from fusion_perception import model_store
from fusion_perception.errors import ModelError
from fusion_perception.model_store import find_model, find_shared


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    """An installation prefix with two models, the only one that is searched."""
    share = tmp_path / "install" / "share" / "fusion_perception"
    (share / "models").mkdir(parents=True)
    for name in ("realtime", "quality"):
        (share / "models" / f"{name}.onnx").write_bytes(b"model")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere{os.pathsep}{tmp_path / 'install'}")
    monkeypatch.setattr(model_store, "__file__", str(tmp_path / "lib" / "fusion_perception" / "model_store.py"))
    monkeypatch.setattr(model_store.sys, "prefix", str(tmp_path / "lib"))
    return share


def test_names_are_shipped_models(prefix):
    assert find_model("realtime") == prefix / "models" / "realtime.onnx"


def test_unknown_names_list_what_is_shipped(prefix):
    with pytest.raises(ModelError, match=r"no model named 'fast'.*shipped models: quality, realtime"):
        find_model("fast")


def test_paths_are_taken_as_they_are(tmp_path, monkeypatch):
    path = tmp_path / "my.onnx"
    path.write_bytes(b"x")
    assert find_model(path) == path
    monkeypatch.chdir(tmp_path)
    assert find_model("my.onnx").resolve() == path


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("missing.onnx", "is not there"),
        ("folder/", "is a folder"),
        ("./folder", "is a folder"),
        (" ", "empty string"),
        ("~nobody.knows/m.onnx", "the home folder in the model's path '~nobody.knows/m.onnx' is not known"),
    ],
)
def test_what_is_no_file_is_named(given, message, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=message):
        find_model(given)


def test_an_installation_is_found_from_the_packages_own_place(prefix, monkeypatch, tmp_path):
    monkeypatch.delenv("AMENT_PREFIX_PATH")
    inside = tmp_path / "install" / "lib" / "python3.12" / "site-packages" / "fusion_perception" / "model_store.py"
    monkeypatch.setattr(model_store, "__file__", str(inside))
    assert find_model("quality") == prefix / "models" / "quality.onnx"


def test_the_source_tree_has_its_configuration():
    assert find_shared("config/fastdds.xml").is_file()


def test_missing_shared_files_tell_where_they_were_looked_for(prefix):
    with pytest.raises(FileNotFoundError, match=str(prefix)):
        find_shared("config/nothing.yaml")
