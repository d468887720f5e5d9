# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What calibrate has found serves without a node."""

from pathlib import Path

import pytest

pytest.importorskip("ruamel.yaml", reason="ruamel.yaml is not installed")

from fusion_perception.errors import DataError
from fusion_perception.lab.calibration.parameter_file import parameter_file
from fusion_perception.processing.job import shares
from fusion_perception.processing.node_parameters import node_settings, read_node_parameters
from fusion_perception.processing.results_folder import begin
from fusion_perception.processing.share_run import run_share

SHIFT = [1.0, 0.0, 6.0, 0.0, 1.0, -4.0, 0.0, 0.0, 1.0]


def written(folder, text):
    path = folder / "params.yaml"
    path.write_text(text)
    return path


def test_a_file_of_calibrate_is_read(tmp_path):
    found = read_node_parameters(written(tmp_path, parameter_file(SHIFT, ["measured on a street"])))
    assert found == {"registration.mode": "homography", "registration.homography": SHIFT}
    assert not node_settings(found).registration.is_identity


@pytest.mark.parametrize("name", ["fusion_node", "/**", "/rig/fusion_node", "/**/fusion_node"])
def test_names_and_groups_as_ros_takes_them(tmp_path, name):
    text = f"{name}:\n  ros__parameters:\n    thermal: {{gain: fixed, range_max: 400.5}}\n    model: quality\n"
    assert read_node_parameters(written(tmp_path, text)) == {"thermal.gain": "fixed", "thermal.range_max": 400.5}


def test_a_namespace_above_the_node(tmp_path):
    text = "rig:\n  fusion_node:\n    ros__parameters:\n      sync.thermal_offset_ms: -12.5\n"
    assert read_node_parameters(written(tmp_path, text)) == {"sync.thermal_offset_ms": -12.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense: [", "is no parameter file"),
        ("other_node:\n  ros__parameters:\n    thermal.gain: fixed\n", "says nothing of fusion_node's"),
        ("fusion_node:\n  ros__parameters:\n    thermal.gian: fixed\n", "there is no parameter 'thermal.gian'"),
        ("fusion_node:\n  ros__parameters:\n    thermal.gain: magic\n", "magic"),
        ("fusion_node:\n  ros__parameters:\n    registration.homography: [1, 2]\n", "allowed: 9 finite numbers"),
        ("fusion_node:\n  ros__parameters:\n    registration.mode: magic\n", "allowed: homography, camera_info"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_node_parameters(written(tmp_path, text))


def test_the_parameters_change_the_results(job):
    contents = []
    for name, parameters in (("plain", {}), ("shifted", {"registration.homography": SHIFT})):
        made = job(name, parameters=parameters, limit=2)
        begin(made)
        run_share(shares(made, 1)[0])
        contents.append((Path(made.out) / f"{name}_0.mcap").read_bytes())
    assert contents[0] != contents[1]
