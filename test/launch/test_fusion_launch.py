# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the launch file with the real launch packages; the process test needs the package installed by colcon."""

import importlib
import importlib.util
import os
import runpy
from pathlib import Path

import pytest

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "fusion.launch.py"

pytest.importorskip("launch_ros", reason="launch_ros is not installed (it comes with ROS 2)")
launch = importlib.import_module("launch")


@pytest.fixture
def module(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("FASTRTPS_", "FASTDDS_"))]:
        monkeypatch.delenv(name)
    return runpy.run_path(str(LAUNCH_FILE))


def actions(module, **arguments):
    """The actions that the launch file starts with these arguments."""
    context = launch.LaunchContext()
    context.launch_configurations.update({name: default for name, default, *_ in module["ARGUMENTS"]})
    context.launch_configurations.update(arguments)
    description = module["generate_launch_description"]()
    started = []
    for entity in description.entities:
        if isinstance(entity, launch.actions.OpaqueFunction):
            started += entity.execute(context)
    return started


def test_every_argument_is_declared_with_a_description(module):
    declared = [
        e
        for e in module["generate_launch_description"]().entities
        if isinstance(e, launch.actions.DeclareLaunchArgument)
    ]
    assert {"rgb_topic", "thermal_topic", "model", "params_file", "namespace", "use_sim_time", "bag", "rviz"} <= {
        argument.name for argument in declared
    }
    assert all(len(argument.description) > 10 for argument in declared)


def test_images_get_their_transport(module):
    entities = module["generate_launch_description"]().entities
    names = {entity.name[0].text for entity in entities if isinstance(entity, launch.actions.SetEnvironmentVariable)}
    assert len(names & {"FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE"}) == 1


@pytest.mark.parametrize(
    ("arguments", "executables"),
    [
        ({}, ["fusion_node"]),
        ({"replay": "synthetic"}, ["fusion_node", "replay_node"]),
        ({"rviz": "true"}, ["fusion_node", "rviz2"]),
    ],
)
def test_what_is_asked_for_is_started(module, arguments, executables):
    assert [action.node_executable for action in actions(module, **arguments)] == executables


def test_a_bag_is_played_with_its_clock(module):
    _, player = actions(module, bag="/data/drive", bag_loop="true", use_sim_time="true", bag_rate="0.5")
    assert isinstance(player, launch.actions.ExecuteProcess)
    command = " ".join(part[0].text for part in player.cmd)
    assert command == "ros2 bag play /data/drive --rate 0.5 --loop --clock"


@pytest.mark.skipif(
    importlib.util.find_spec("ament_index_python") is None or "AMENT_PREFIX_PATH" not in os.environ,
    reason="no sourced colcon workspace with fusion_perception",
)
def test_the_node_starts_and_ends_cleanly(tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    from test.engine.tiny_model import tiny_model

    (tmp_path / "tiny.onnx").write_bytes(tiny_model())
    codes = []
    description = launch.LaunchDescription(
        [
            launch.actions.RegisterEventHandler(
                launch.event_handlers.OnProcessExit(on_exit=lambda event, context: codes.append(event.returncode))
            ),
            launch.actions.IncludeLaunchDescription(
                launch.launch_description_sources.PythonLaunchDescriptionSource(str(LAUNCH_FILE)),
                launch_arguments={"model": str(tmp_path / "tiny.onnx"), "namespace": "test_launch"}.items(),
            ),
            launch.actions.TimerAction(period=5.0, actions=[launch.actions.Shutdown(reason="test is over")]),
        ]
    )
    service = launch.LaunchService()
    service.include_launch_description(description)
    assert service.run() == 0
    assert codes == [0]
