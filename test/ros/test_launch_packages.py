# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests that what cannot be started is known before launch tries to."""

import os

import pytest

from fusion_perception.ros.launch_packages import PackageMissingError, find_executable


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    """An installation prefix with one package and one program."""
    index = tmp_path / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / "viewer").touch()
    program = tmp_path / "lib" / "viewer" / "viewer"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", os.pathsep.join(["", "/no/such/prefix", str(tmp_path)]))
    return tmp_path


def test_a_program_is_found_as_ros2_run_finds_it(prefix):
    assert find_executable("viewer", "viewer", "install it") == prefix / "lib" / "viewer" / "viewer"
    assert find_executable("viewer", None, "install it") == prefix


@pytest.mark.parametrize(
    ("package", "program", "message"),
    [("rviz2", "rviz2", "'rviz2' is not on the ament index"), ("viewer", "other", "has no program 'other'")],
)
def test_what_is_missing_is_named_with_the_next_step(prefix, package, program, message):
    with pytest.raises(PackageMissingError, match=message + ".*install it"):
        find_executable(package, program, "install it")


def test_a_file_that_cannot_be_executed_is_no_program(prefix):
    (prefix / "lib" / "viewer" / "viewer").chmod(0o644)
    with pytest.raises(PackageMissingError, match="no program"):
        find_executable("viewer", "viewer", "install it")


def test_no_workspace_at_all(monkeypatch):
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    with pytest.raises(PackageMissingError, match="AMENT_PREFIX_PATH"):
        find_executable("viewer", None, "install it")
