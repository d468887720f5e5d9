# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of several rigs in one launch: names, files of rigs, and what cannot be used."""

from pathlib import Path

import pytest

from fusion_perception.ros.fusion_arguments import fusion_arguments
from fusion_perception.ros.launch_arguments import LaunchArgumentError
from fusion_perception.ros.republishing import republish_parameters
from fusion_perception.ros.rigs import arguments_of_rigs, read_rigs

PARAMETERS = Path(__file__).parents[2] / "config" / "params.yaml"
ARGUMENTS = fusion_arguments(PARAMETERS)


def of_rigs(rigs, **shared):
    return arguments_of_rigs(rigs, ARGUMENTS, shared)


def test_each_name_is_a_namespace_and_names_the_rig():
    rigs = of_rigs(read_rigs("front, rear"), model="quality")
    assert {name: (v["namespace"], v["hardware_id"], v["model"]) for name, v in rigs.items()} == {
        "front": ("front", "front", "quality"),
        "rear": ("rear", "rear", "quality"),
    }


def test_a_file_gives_each_rig_its_own(tmp_path):
    pytest.importorskip("yaml", reason="PyYAML, which launch needs, is not installed")
    file = tmp_path / "rigs.yaml"
    file.write_text("front: {model: quality, autostart: false, replay_rate: 5}\nrear:\n")
    rigs = of_rigs(read_rigs(str(file)), model="realtime", autostart="true")
    assert [rigs["front"][name] for name in ("model", "autostart", "replay_rate")] == ["quality", "false", "5"]
    assert [rigs["rear"][name] for name in ("model", "autostart", "replay_rate")] == ["realtime", "true", "10.0"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[front, rear]", "names no rig"),
        ("front: quality", "rig 'front' in .* is no mapping of arguments"),
        ("front: {model: [1]}", r"\[1\] is no value of an argument"),
        ("front: {", "cannot be read as YAML"),
        ("front cam: {}", "give a namespace such as front"),
    ],
)
def test_a_file_that_says_something_else(tmp_path, content, sentence):
    pytest.importorskip("yaml", reason="PyYAML, which launch needs, is not installed")
    file = tmp_path / "rigs.yaml"
    file.write_text(content)
    with pytest.raises(ValueError, match=sentence):
        read_rigs(str(file))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("", "give names"), ("a,b,a", "two rigs 'a'"), ("front cam", "give a namespace"), ("no.yaml", "no such file")],
)
def test_names_that_are_none(value, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_rigs(value)


@pytest.mark.parametrize(
    ("rigs", "shared", "sentence"),
    [
        ({"front": {"modle": "x"}}, {}, "rig 'front' has no argument 'modle'; allowed: rgb_topic"),
        ({"front": {"namespace": "x"}}, {}, "rig 'front' has no argument 'namespace'"),
        ({"a": {}, "b": {"rviz": "maybe"}}, {}, "rig 'b': rviz:='maybe' cannot be used: give true or false"),
        ({"a": {}, "b": {}}, {"rgb_topic": "/cam/image_raw"}, "rgb_topic:=/cam/image_raw is the same for several rigs"),
    ],
)
def test_arguments_of_a_rig_that_cannot_be_used(rigs, shared, sentence):
    with pytest.raises(LaunchArgumentError, match=sentence):
        of_rigs(rigs, **shared)


def test_two_rigs_with_cameras_of_their_own_may_name_them_absolutely():
    rigs = of_rigs({"a": {"rgb_topic": "/one"}, "b": {"rgb_topic": "/two"}})
    assert [values["rgb_topic"] for values in rigs.values()] == ["/one", "/two"]


@pytest.mark.parametrize(
    ("topic", "namespace", "resolved"),
    [
        ("rgb/image_raw", "", "/rgb/image_raw"),
        ("rgb/image_raw", "/robot/front", "/robot/front/rgb/image_raw"),
        ("/cam/image_raw", "front", "/cam/image_raw"),
    ],
)
def test_cameras_that_send_best_effort_are_republished_too(topic, namespace, resolved):
    parameters = republish_parameters(topic, namespace)
    assert parameters[f"qos_overrides.{resolved}.subscription.reliability"] == "best_effort"
