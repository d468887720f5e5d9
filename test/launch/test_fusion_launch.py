# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the launch file makes of its arguments: with the real launch where there is one, else a stand-in."""

import importlib.util
import os
import runpy
import sys
from pathlib import Path

import pytest

from fusion_perception.errors import FusionPerceptionError
from test.launch import stand_in

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "fusion.launch.py"
REAL = importlib.util.find_spec("launch_ros") is not None


def install(prefix, package, program=None):
    """Put a package on the ament index of an installation prefix."""
    index = prefix / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True, exist_ok=True)
    (index / package).touch()
    if program:
        folder = prefix / "lib" / package
        folder.mkdir(parents=True, exist_ok=True)
        (folder / program).touch(mode=0o755)


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    """An installation with this package alone."""
    install(tmp_path / "ros", "fusion_perception", "fusion_node")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path / "ros"))
    return tmp_path / "ros"


class Told:
    """A logger that keeps sentences; caplog does not see the loggers of launch."""

    def __init__(self):
        self.sentences = []
        self.warning = self.error = self.sentences.append

    def __contains__(self, part):
        return any(part in sentence for sentence in self.sentences)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def module(monkeypatch, prefix, told):
    """The globals of the launch file; nodes and processes are recorded instead of made."""
    for name in [name for name in os.environ if name.startswith(("FASTRTPS_", "FASTDDS_", "RMW_"))]:
        monkeypatch.delenv(name)
    if not REAL:
        for name, made in stand_in.modules().items():
            monkeypatch.setitem(sys.modules, name, made)
    names = runpy.run_path(str(LAUNCH_FILE))
    for name in ("Node", "ExecuteProcess"):
        monkeypatch.setitem(names["_start"].__globals__, name, getattr(stand_in, name))
    monkeypatch.setitem(names["_start"].__globals__, "get_logger", lambda name: told)
    return names


@pytest.fixture
def started(module, monkeypatch):
    """A function that gives the actions for some arguments."""

    def start(alone=True, argv=(), other=(), **arguments):
        monkeypatch.setattr(sys, "argv", ["ros2", "launch", str(LAUNCH_FILE) if alone else "robot.launch.py"])
        context = module["LaunchContext"](argv=argv)
        values = {argument.name: argument.default for argument in module["ARGUMENTS"]}
        context.launch_configurations.update(values | arguments | dict(other))
        return module["_start"](context)

    return start


def parameters(action):
    """The parameters that are given to a node beside its file."""
    return {name: value for document in action.keywords["parameters"][1:] for name, value in document.items()}


def test_the_node_alone_leaves_everything_to_its_file(started):
    (node,) = started()
    assert node.keywords["executable"] == "fusion_node"
    assert node.keywords["parameters"] == [str(LAUNCH_FILE.parents[1] / "config" / "params.yaml")]
    assert node.keywords["respawn"] is False
    assert dict(node.keywords["remappings"]) == {
        "thermal/image_raw": "thermal/image_raw",
        "rgb/image_raw": "rgb/image_raw",
    }


def test_what_is_given_goes_to_the_node(started):
    (node,) = started(
        model="quality",
        image_transport="compressed",
        hardware_id="front",
        autostart="no",
        use_sim_time="True",
        namespace="/front/",
        log_level="DEBUG",
        rgb_info_topic="/cam/info",
    )
    assert parameters(node) == {
        "model": "quality",
        "image_transport": "compressed",
        "hardware_id": "front",
        "autostart": False,
        "use_sim_time": True,
    }
    assert node.keywords["namespace"] == "/front"
    assert node.keywords["ros_arguments"] == ["--log-level", "debug"]
    assert ("rgb/camera_info", "/cam/info") in node.keywords["remappings"]


def test_signals_are_held_back_while_the_node_starts(started, module, monkeypatch):
    monkeypatch.setitem(module["_start"].__globals__, "signals_held_back", lambda: "env --hold")
    for action in started(replay="synthetic"):
        assert action.keywords["prefix"] == "env --hold"
        assert action.keywords["exec_name"] == action.keywords["name"]


def test_a_prefix_of_the_user_comes_first(started, module, monkeypatch):
    monkeypatch.setitem(module["_start"].__globals__, "signals_held_back", lambda: "env --hold")
    (node,) = started(other={"launch-prefix": "gdb --args"})
    assert "prefix" not in node.keywords


def test_it_comes_back_if_asked_for(started):
    (node,) = started(respawn="yes", respawn_delay="0.5")
    assert (node.keywords["respawn"], node.keywords["respawn_delay"]) == (True, 0.5)
    assert node.keywords["on_exit"] is None


@pytest.mark.parametrize(("shutdown", "action"), [("auto", "EmitEvent"), ("true", "Shutdown"), ("no", None)])
def test_what_ends_with_the_node(started, shutdown, action):
    node = started(shutdown=shutdown)[0]
    ending = node.keywords["on_exit"]
    assert (ending and [type(item).__name__ for item in ending]) == (action and [action])


class Ended:
    """What launch tells of a process that has ended."""

    def __init__(self, returncode):
        self.returncode = returncode


class TestBuildOnly:
    def test_the_node_is_told(self, started):
        (node,) = started(build_only="true", model="quality")
        assert parameters(node) == {"model": "quality", "build_only": True}
        assert "build_only" not in parameters(started()[0])

    @pytest.mark.parametrize("alone", [True, False])
    def test_a_good_end(self, started, alone):
        (node,) = started(build_only="true", alone=alone)
        assert node.keywords["on_exit"](Ended(0), None) == []
        (node,) = started(build_only="true", alone=alone, shutdown="true")
        (action,) = node.keywords["on_exit"](Ended(0), None)
        assert type(action).__name__ == "Shutdown"

    def test_a_failure_is_the_status_of_a_launch_of_its_own(self, started):
        (node,) = started(build_only="true")
        with pytest.raises(FusionPerceptionError, match="not everything was built; fusion_node says why"):
            node.keywords["on_exit"](Ended(1), None)

    def test_a_failure_leaves_the_including_file_alone(self, started):
        (node,) = started(build_only="true", alone=False)
        assert node.keywords["on_exit"](Ended(1), None) == []


@pytest.mark.skipif(not REAL, reason="launch is not installed (it comes with ROS 2)")
def test_by_default_only_what_the_file_has_started_ends(started):
    node, replay = started(replay="synthetic")
    matcher = node.keywords["on_exit"][0].event.process_matcher
    assert matcher(replay)
    assert not matcher(stand_in.ExecuteProcess())


def test_replay_plays_in_a_loop(started):
    _, replay = started(replay="synthetic", replay_rate="5")
    assert replay.keywords["executable"] == "replay_node"
    assert parameters(replay) == {"source": "synthetic", "rate": 5.0, "loop": True}


def test_a_calibration_goes_before_the_file_of_parameters(started, tmp_path):
    calibration = tmp_path / "calibration.yaml"
    calibration.write_text("/**/fusion_node: {ros__parameters: {registration.mode: homography}}\n")
    (node,) = started(calibration=str(calibration), model="quality")
    params_file, second, chosen = node.keywords["parameters"]
    assert params_file.endswith("params.yaml")
    assert second == str(calibration)
    assert chosen["model"] == "quality"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not a calibration" * 9, "it has no ros__parameters"),
        ("image_width: 640\ncamera_name: thermal\n", "it has no ros__parameters; give a file such as"),
        ("{ nonsense", "it cannot be read as YAML"),
        ("", "it has no ros__parameters"),
    ],
    ids=["text", "of a camera", "no YAML", "empty"],
)
def test_a_calibration_without_parameters_is_refused(started, tmp_path, text, reason):
    """ROS starts a node with such a file, and passes over it."""
    (tmp_path / "calibration.yaml").write_text(text)
    with pytest.raises(FusionPerceptionError, match=f"calibration:=.* cannot be used: {reason}"):
        started(calibration=str(tmp_path / "calibration.yaml"))


def test_without_ros2_bag_replay_is_the_way(started, tmp_path):
    (tmp_path / "metadata.yaml").touch()
    with pytest.raises(FusionPerceptionError, match=r"'ros2bag' is not on the .* replay:= instead of bag:="):
        started(bag=str(tmp_path))


def test_a_bag_is_played_with_its_clock_and_the_transport_of_images(started, prefix, tmp_path):
    install(prefix, "ros2bag")
    (tmp_path / "metadata.yaml").touch()
    _, player = started(bag=str(tmp_path), bag_loop="on", use_sim_time="1", bag_rate="0.5")
    command = " ".join(player.keywords["cmd"])
    assert command == f"ros2 bag play {tmp_path} --rate 0.5 --loop --clock"
    assert len(player.keywords["additional_env"]) == 1, "the DDS profile, for this process alone"


def test_rviz_is_started_where_it_is_installed(started, prefix):
    install(prefix, "rviz2", "rviz2")
    _, rviz = started(rviz="1")
    assert rviz.keywords["package"] == "rviz2"


def test_without_rviz_the_node_starts_all_the_same(started, told):
    (node,) = started(rviz="true")
    assert node.keywords["executable"] == "fusion_node"
    assert "going on without rviz: the package 'rviz2' is not on the ament index" in told


def test_camera_images_are_compressed_beside_the_node(started, prefix):
    install(prefix, "image_transport", "republish")
    install(prefix, "compressed_image_transport")
    _, thermal, rgb = started(republish_compressed="true", namespace="front", rgb_topic="/cam/image_raw")
    assert dict(thermal.keywords["remappings"])["in"] == "thermal/image_raw"
    assert dict(rgb.keywords["remappings"]) == {
        "in": "/cam/image_raw",
        "out": "/cam/image_raw",
        "out/compressed": "/cam/image_raw/compressed",
    }
    assert [action.keywords["namespace"] for action in (thermal, rgb)] == ["front", "front"]
    assert "qos_overrides./front/thermal/image_raw.subscription.reliability" in thermal.keywords["parameters"][0]
    assert rgb.keywords["arguments"] == ["raw", "compressed"], "which Humble reads"


@pytest.mark.parametrize("there", [(), (("image_transport", "republish"),)])
def test_without_image_transport_the_node_starts_all_the_same(started, prefix, told, there):
    for package, program in there:
        install(prefix, package, program)
    (node,) = started(republish_compressed="true")
    assert node.keywords["executable"] == "fusion_node"
    assert "going on without compressed camera images: " in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rviz": "maybe"}, "rviz:='maybe' cannot be used: give true or false"),
        ({"bag": "/no/such/bag"}, "bag:='/no/such/bag' cannot be used: there is no such file"),
        ({"bag": "/"}, "bag:='/' is no bag, so that .* replay:= instead of bag:="),
        ({"params_file": "/no/such.yaml"}, "params_file:='/no/such.yaml' cannot be used"),
        ({"replay": "sythetic"}, "give 'synthetic', a folder"),
        ({"respawn": "true", "shutdown": "true"}, "give one of the two"),
    ],
)
def test_what_cannot_be_started_ends_a_launch_of_its_own(started, arguments, message):
    with pytest.raises(FusionPerceptionError, match=message):
        started(**arguments)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("drive.bag", b"#ROSBAG V2.0\n", "is a bag of ROS 1"),
        ("bags/drive_0.bag", b"#ROSBAG V2.0\n", "is a bag of ROS 1"),
        ("bag/drive_0.mcap", b"\x89MCAP0\r\n", "has no metadata.yaml"),
        ("pairs/vi/0.png", b"", "is no bag"),
    ],
)
def test_what_ros2_bag_cannot_play_is_refused_at_once(started, tmp_path, name, data, reason):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    given = tmp_path / Path(name).parts[0]
    with pytest.raises(FusionPerceptionError, match=f"bag:='{given}' {reason}, .*replay:= instead of bag:="):
        started(bag=str(given))


@pytest.mark.parametrize("arguments", [{"rviz": "maybe"}, {"bag": "/"}])
def test_what_cannot_be_started_leaves_the_including_file_alone(started, told, arguments):
    assert started(alone=False, **arguments) == []
    assert "nothing of fusion_perception is started: " in told


def test_without_an_installation_the_next_step_is_named(started, monkeypatch):
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/no/such/prefix")
    with pytest.raises(FusionPerceptionError, match="build it with colcon and source install"):
        started()


def test_a_misspelt_argument_is_told(started, told):
    started(argv=["thermal_topik:=/flir/image_raw"])
    assert "there is no launch argument 'thermal_topik' (did you mean 'thermal_topic'?)" in told


def plain(value):
    """The text of a default value; launch makes a list of substitutions of it."""
    return value if isinstance(value, str) else "".join(part.text for part in value)


def test_every_argument_is_declared_as_the_table_says(module):
    declared = module["generate_launch_description"]().get_launch_arguments()
    shown = [(argument.name, plain(argument.default_value), argument.description) for argument in declared]
    assert shown == [(a.name, a.default, a.description) for a in module["ARGUMENTS"]]
    assert all(len(description) > 10 for _, _, description in shown)
    assert not any(getattr(argument, "_conditionally_included", False) for argument in declared)


@pytest.mark.skipif(REAL, reason="test_real_launch.py sees the whole description at work")
def test_the_description_is_one_scope_that_declares_and_then_starts(module):
    (group,) = module["generate_launch_description"]().arguments[0]
    *declared, function = group.arguments[0]
    assert group.keywords == {"scoped": True}
    assert {type(entity).__name__ for entity in declared} == {"DeclareLaunchArgument"}
    assert function.keywords == {"function": module["_start"]}
