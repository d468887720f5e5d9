# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the launch file under the real ``ros2 launch``; they need the package installed by colcon and sourced."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "fusion.launch.py"
MARKER = "share/ament_index/resource_index/packages/fusion_perception"
PREFIXES = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]

pytestmark = pytest.mark.ros
if shutil.which("ros2") is None or not any((prefix / MARKER).is_file() for prefix in PREFIXES):
    pytest.skip("no sourced colcon workspace with fusion_perception and ros2 launch", allow_module_level=True)
pytest.importorskip("onnx", reason="onnx is not installed")

from test.engine.tiny_model import tiny_model  # noqa: E402
from test.ros_environment import ros_environment  # noqa: E402

PATIENCE = 60.0

NEIGHBOUR = f"""
import sys, time
print("neighbour lives", flush=True)
time.sleep({2 * PATIENCE})
"""

BRINGUP = """
from launch import LaunchDescription
from launch.actions import ExecuteProcess, GroupAction, IncludeLaunchDescription, LogInfo
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import EnvironmentVariable, LaunchConfiguration

def fusion(**arguments):
    return IncludeLaunchDescription(PythonLaunchDescriptionSource({file!r}), launch_arguments=arguments.items())

def generate_launch_description():
    return LaunchDescription([
        ExecuteProcess(cmd=[{python!r}, {neighbour!r}], output="screen", name="neighbour"),
        {included},
        LogInfo(msg=["log_level is ", LaunchConfiguration("log_level", default="untouched")]),
        LogInfo(msg=["profile is ", EnvironmentVariable("FASTRTPS_DEFAULT_PROFILES_FILE", default_value="untouched")]),
    ])
"""


class Launched:
    """A ``ros2 launch`` in a process group of its own."""

    def __init__(self, command, log):
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                ["ros2", "launch", *command],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=ros_environment(ROS_LOG_DIR=str(log.parent / "log")),
                start_new_session=True,
            )

    def text(self):
        return self.log.read_text(errors="replace")

    def wait_for(self, *sentences):
        """Wait until all of them were printed."""
        deadline = time.monotonic() + PATIENCE
        while not all(sentence in self.text() for sentence in sentences):
            waiting = self.process.poll() is None and time.monotonic() < deadline
            assert waiting or all(sentence in self.text() for sentence in sentences), f"{sentences} in:\n{self.text()}"
            time.sleep(0.02)

    def interrupt(self):
        """Press Ctrl-C; returns the exit status."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)

    def kill(self):
        """End everything that is left, as a test has failed or left orphans."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.process.wait(PATIENCE)
        return True


@pytest.fixture
def launch(tmp_path):
    """Launch a file; nothing of it is left at the end."""
    running = []

    def start(*command):
        running.append(Launched(command, tmp_path / f"launch{len(running)}.log"))
        return running[-1]

    yield start
    orphans = [launched.text() for launched in running if launched.kill()]
    assert not orphans, f"left behind by:\n{orphans[0]}"


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_model())
    return str(path)


@pytest.fixture
def bringup(tmp_path):
    """Write a launch file of a robot that runs a neighbour and includes ours; returns its path."""

    def write(*included):
        (tmp_path / "neighbour.py").write_text(NEIGHBOUR)
        path = tmp_path / "bringup.launch.py"
        path.write_text(
            textwrap.dedent(BRINGUP).format(
                file=str(LAUNCH_FILE),
                python=sys.executable,
                neighbour=str(tmp_path / "neighbour.py"),
                included=",\n        ".join(included),
            )
        )
        return str(path)

    return write


def test_alone_it_starts_and_ends_cleanly(launch, model):
    launched = launch("fusion_perception", "fusion.launch.py", f"model:={model}", "namespace:=test_launch", "rviz:=no")
    launched.wait_for("listening to '/test_launch/thermal/image_raw'")
    assert launched.interrupt() == 0
    assert "Traceback" not in launched.text()
    assert "process has died" not in launched.text()


@pytest.mark.parametrize("delay_s", [0.02, 0.1, 0.3])
def test_ctrl_c_while_the_node_starts_is_quiet(launch, model, delay_s):
    launched = launch("fusion_perception", "fusion.launch.py", f"model:={model}")
    launched.wait_for("process started with pid")
    time.sleep(delay_s)
    assert launched.interrupt() == 0
    launched.wait_for("fusion_node-1]: process has finished cleanly")
    assert "Traceback" not in launched.text()


def test_alone_the_launch_ends_with_the_node(launch):
    launched = launch("fusion_perception", "fusion.launch.py", "model:=nonsense", "replay:=synthetic")
    assert launched.process.wait(PATIENCE) == 0
    assert "there is no model named 'nonsense'" in launched.text()


def test_alone_a_wrong_argument_gives_an_exit_status(launch):
    launched = launch(str(LAUNCH_FILE), "rviz:=maybe", "rgb_topc:=/a")
    assert launched.process.wait(PATIENCE) == 1
    assert "rviz:='maybe' cannot be used: give true or false" in launched.text()
    assert "there is no launch argument 'rgb_topc' (did you mean 'rgb_topic'?)" in launched.text()


def test_a_node_that_cannot_start_leaves_its_neighbours_alone(launch, bringup):
    launched = launch(bringup('fusion(model="nonsense", replay="synthetic")'))
    launched.wait_for("neighbour lives", "fusion_node-2]: process has died", "replay_node-3]: process has")
    time.sleep(1.0)  # time in which a shutdown would have reached the neighbour
    assert launched.process.poll() is None
    assert "SIGINT' to process[neighbour" not in launched.text()
    launched.interrupt()


def test_shutdown_ends_everything_if_asked_for(launch, bringup):
    launched = launch(bringup('fusion(model="nonsense", shutdown="True")'))
    assert launched.process.wait(PATIENCE) == 0
    assert "SIGINT' to process[neighbour" in launched.text()


@pytest.mark.parametrize("wrong", ['rviz="maybe"', 'bag="/no/such/bag"', 'namespace="front cam"', 'replay="typo"'])
def test_a_wrong_argument_leaves_its_neighbours_alone(launch, bringup, wrong):
    launched = launch(bringup(f"fusion({wrong})"))
    launched.wait_for("neighbour lives", "nothing of fusion_perception is started: ")
    assert launched.process.poll() is None
    launched.interrupt()


def test_without_rviz_nothing_is_left_behind(launch, bringup, model, monkeypatch):
    without = [str(prefix) for prefix in PREFIXES if not (prefix / MARKER).with_name("rviz2").is_file()]
    monkeypatch.setenv("AMENT_PREFIX_PATH", os.pathsep.join(without))
    launched = launch(bringup(f'fusion(model={model!r}, rviz="true")'))
    launched.wait_for("going on without rviz: ", "listening to '/thermal/image_raw'")
    launched.interrupt()


def test_it_comes_back(launch):
    launched = launch("fusion_perception", "fusion.launch.py", "model:=nonsense", "respawn:=1", "respawn_delay:=0.1")
    deadline = time.monotonic() + PATIENCE
    while launched.text().count("there is no model named 'nonsense'") < 2:
        assert time.monotonic() < deadline and launched.process.poll() is None, launched.text()
        time.sleep(0.05)
    assert launched.interrupt() == 0
    assert "Caught exception" not in launched.text()


def test_two_rigs_in_one_launch(launch, bringup, model):
    launched = launch(
        bringup(
            f'GroupAction([fusion(model={model!r}, namespace="front", use_sim_time="True")])',
            f'GroupAction([fusion(model={model!r}, namespace="rear")])',
        )
    )
    launched.wait_for("listening to '/front/thermal/image_raw'", "listening to '/rear/thermal/image_raw'")
    launched.interrupt()


def test_the_launch_file_of_several_rigs(launch, model, tmp_path):
    rigs = tmp_path / "rigs.yaml"
    rigs.write_text("front:\nrear: {rgb_topic: color/image_raw, respawn: true, shutdown: false}\n")
    launched = launch("fusion_perception", "multi_rig.launch.py", f"rigs:={rigs}", f"model:={model}")
    launched.wait_for("listening to '/front/thermal/image_raw', '/front/rgb/image_raw'")
    launched.wait_for("listening to '/rear/thermal/image_raw', '/rear/color/image_raw'")
    assert launched.interrupt() == 0
    assert "Traceback" not in launched.text()


def test_two_rigs_play_a_bag_each(launch, model, tmp_path, ros):
    """One of ROS 2 and one of ROS 1; results of both come."""
    pytest.importorskip("rosbags", reason="rosbags is not installed")
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.node import Node
    from sensor_msgs.msg import Image

    from test.bags.kind_makers import sqlite_bag
    from test.bags.ros1_makers import plain

    rigs = tmp_path / "rigs.yaml"
    rigs.write_text(
        f"front: {{replay: {sqlite_bag(tmp_path / 'front')}}}\nrear: {{replay: {plain('LZ4')(tmp_path)}}}\n"
    )
    launched = launch("fusion_perception", "multi_rig.launch.py", f"rigs:={rigs}", f"model:={model}")
    listener, came = Node("listener", context=ros, use_global_arguments=False), set()
    for rig in ("front", "rear"):
        listener.create_subscription(Image, f"/{rig}/fusion/image", lambda message, rig=rig: came.add(rig), 10)
    executor = SingleThreadedExecutor(context=ros)
    executor.add_node(listener)
    deadline = time.monotonic() + PATIENCE
    while came != {"front", "rear"} and time.monotonic() < deadline and launched.process.poll() is None:
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()
    listener.destroy_node()
    assert came == {"front", "rear"}, launched.text()
    assert launched.interrupt() == 0
    assert "Traceback" not in launched.text()


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("rigs:=front,front", "there are two rigs 'front'"),
        ("rviz:=maybe", "rig 'front': rviz:='maybe' cannot be used"),
        ("rgb_topic:=/cam", "rgb_topic:=/cam is the same for several rigs"),
    ],
)
def test_no_rig_starts_where_an_argument_cannot_be_used(launch, argument, sentence):
    launched = launch("fusion_perception", "multi_rig.launch.py", argument)
    assert launched.process.wait(PATIENCE) == 1
    assert sentence in launched.text()
    assert "process started" not in launched.text()


def test_what_is_launched_next_gets_nothing_of_it(launch, bringup):
    launched = launch(bringup('fusion(autostart="no")'))
    launched.wait_for("waiting for lifecycle transitions", "log_level is untouched", "profile is untouched")
    launched.interrupt()
