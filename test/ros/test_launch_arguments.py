# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the arguments of the launch file; they need neither ROS nor launch."""

from pathlib import Path

import pytest

from fusion_perception.ros import launch_arguments as read
from fusion_perception.ros.launch_arguments import Argument, LaunchArgumentError

TOGETHER = {
    "respawn": "false",
    "shutdown": "auto",
    "rgb_topic": "rgb/image_raw",
    "thermal_topic": "thermal/image_raw",
    "replay": "",
    "image_transport": "",
    "build_only": "false",
    "bag": "",
    "rviz": "false",
    "republish_compressed": "false",
}


def read_all(**values):
    switches = ("respawn", "build_only", "rviz", "republish_compressed")
    readers = dict.fromkeys(switches, read.switch) | {"shutdown": read.auto_or_switch}
    arguments = [Argument(name, default, name, readers.get(name, read.text)) for name, default in TOGETHER.items()]
    return read.read_arguments(arguments, TOGETHER | values)


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "yes", "Yes", "on", "y", "1", " true "])
def test_every_spelling_of_yaml_is_true(word):
    assert read.switch(word) is True


@pytest.mark.parametrize("word", ["false", "False", "no", "NO", "off", "n", "0"])
def test_every_spelling_of_yaml_is_false(word):
    assert read.switch(word) is False


@pytest.mark.parametrize("word", ["", "maybe", "2", "tru", "None"])
def test_other_words_are_no_booleans(word):
    with pytest.raises(ValueError, match="true or false"):
        read.switch(word)


@pytest.mark.parametrize(("word", "value"), [("auto", None), ("AUTO", None), ("yes", True), ("0", False)])
def test_auto_is_a_third_value(word, value):
    assert read.auto_or_switch(word) is value


@pytest.mark.parametrize(
    ("reader", "given", "value"),
    [
        (read.topic, "/cam_1/image_raw/compressed", "/cam_1/image_raw/compressed"),
        (read.topic, "~/image", "~/image"),
        (read.namespace, "", ""),
        (read.namespace, "/", "/"),
        (read.namespace, "robot/front/", "robot/front"),
        (read.log_level, "WARN", "warn"),
        (read.log_level, "fusion_node:=debug", "fusion_node:=debug"),
        (read.one_of("raw", "compressedDepth"), "compresseddepth", "compressedDepth"),
        (read.optional(read.switch), "", None),
        (read.number(0), "2", 2.0),
        (read.source, "Synthetic", "synthetic"),
    ],
)
def test_what_is_accepted(reader, given, value):
    assert reader(given) == value


@pytest.mark.parametrize(
    ("reader", "given", "message"),
    [
        (read.topic, "/a b", "topic name"),
        (read.topic, "", "topic name"),
        (read.topic, "/cam/1st", "topic name"),
        (read.namespace, "front cam", "namespace"),
        (read.namespace, "a__b", "namespace"),
        (read.log_level, "wran", "did you mean 'warn'"),
        (read.one_of("raw", "compressed"), "jpeg", "'raw', 'compressed'"),
        (read.number(0), "-1", "0 or more"),
        (read.number(0.01, 1000), "fast", "0.01 to 1000"),
        (read.number(0), "nan", "0 or more"),
        (read.number(0), "1e999", "0 or more"),
        (read.existing_path, "/no/such/bag", "no such file or folder"),
        (read.existing_file, "/", "no such file"),
        (read.existing_file, "~nobody_here/x", "no such file"),
        (read.source, "/no/such", "'synthetic', a folder with vi/ and ir/, or a bag"),
    ],
)
def test_what_is_refused_says_what_is_allowed(reader, given, message):
    with pytest.raises(ValueError, match=message):
        reader(given)


def test_the_home_folder_is_found_where_no_shell_did(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "drive").mkdir()
    assert read.existing_path("~/drive") == str(tmp_path / "drive")


def test_all_that_is_wrong_is_named_at_once():
    arguments = [Argument("rviz", "false", "", read.switch), Argument("bag", "", "", read.existing_path)]
    with pytest.raises(LaunchArgumentError) as caught:
        read.read_arguments(arguments, {"rviz": "maybe", "bag": "x" * 5000})
    assert "rviz:='maybe' cannot be used: give true or false" in str(caught.value)
    assert "bag:='xxx" in str(caught.value)


def test_typed_values():
    assert read_all(respawn="yes")["respawn"] is True
    assert read_all(shutdown="True")["shutdown"] is True


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"respawn": "1", "shutdown": "true"}, "one of the two"),
        ({"replay": "synthetic", "image_transport": "compressed"}, "image_transport:=compressed would receive none"),
        ({"replay": "synthetic", "rgb_topic": "/cam/image/compressed"}, "'/cam/image/compressed' would receive none"),
        ({"build_only": "1", "replay": "synthetic"}, "builds and ends, so replay:=synthetic has no use; leave one"),
        ({"build_only": "1", "respawn": "1"}, "so respawn:=True has no use"),
        ({"build_only": "1", "rviz": "1"}, "so rviz:=True has no use"),
        ({"build_only": "1", "bag": "a.mcap"}, "so bag:=a.mcap has no use"),
        ({"build_only": "1", "republish_compressed": "1"}, "so republish_compressed:=True has no use"),
        ({"republish_compressed": "1", "image_transport": "compressed"}, "already; leave republish_compressed out"),
        ({"republish_compressed": "1", "rgb_topic": "/cam/compressed"}, "with '/cam/compressed' the cameras send"),
    ],
)
def test_contradictions_are_refused(values, message):
    with pytest.raises(LaunchArgumentError, match=message):
        read_all(**values)


def test_replay_goes_with_raw_images():
    assert read_all(replay="synthetic", image_transport="raw")["replay"] == "synthetic"


def test_an_argument_that_nobody_reads_is_told_with_the_nearest_name():
    known = ["rgb_topic", "rviz"]
    told = read.unknown_arguments(["rgb_topc:=/a", "rviz:=true", "launch-prefix:=gdb", "--debug", "zzz:=1"], known)
    assert told == [
        "there is no launch argument 'rgb_topc' (did you mean 'rgb_topic'?); '--show-args' lists them all",
        "there is no launch argument 'zzz'; '--show-args' lists them all",
    ]


def test_whether_this_file_is_what_was_launched(tmp_path, monkeypatch):
    file = tmp_path / "fusion.launch.py"
    file.touch()
    (tmp_path / "link.launch.py").symlink_to(file)
    (tmp_path / "bringup.launch.py").touch()
    monkeypatch.chdir(tmp_path)

    def alone(*command):
        return read.started_alone(["/usr/bin/ros2", "launch", *command], file, "fusion_perception")

    assert alone("fusion_perception", "fusion.launch.py", "rviz:=true")
    assert alone("--debug", "fusion_perception", "fusion.launch.py")
    assert alone("./fusion.launch.py")
    assert alone(str(tmp_path / "link.launch.py"))
    assert not alone("bringup.launch.py")
    monkeypatch.chdir("/")
    assert alone("fusion_perception", "--debug", "fusion.launch.py")
    assert not alone("robot", "fusion.launch.py")
    assert not alone("robot", "bringup.launch.py", f"file:={file}")
    assert not read.started_alone([], Path("/x"), "fusion_perception")
