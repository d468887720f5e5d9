# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fusion_perception.doctor.ros_check import check_ros
from fusion_perception.doctor.surroundings import Output


def camera(topic, **changes):
    return {"topic": topic, "publishers": 1, "type": "sensor_msgs/msg/Image", "received": 90, "rate": 30.0} | changes


def look(thermal=None, rgb=None, **changes):
    """What the node prints."""
    silent = {"publishers": 0, "type": "", "received": 0, "rate": 0.0}
    report = {
        "rmw": "rmw_fastrtps_cpp",
        "vision_msgs": True,
        "seconds": 3.0,
        "cameras": {
            "thermal": camera("/thermal/image_raw", **(silent if thermal is None else thermal)),
            "rgb": camera("/rgb/image_raw", **(silent if rgb is None else rgb)),
        },
        "pairs": 80,
        "offset_ms": 4.0,
        "hint": None,
        "ages": None,
    }
    return Output(0, f"a line of a library\n{json.dumps(report | changes)}\n")


def found(machine, output, **topics):
    machine.programs["camera_look_node"] = output
    return {finding.name: finding for finding in check_ros(machine.surroundings, topics, 3.0)}


def test_no_cameras_are_live(machine):
    findings = found(machine, look())
    assert {name: finding.level for name, finding in findings.items()} == {
        "ROS 2": "ok",
        "middleware": "remark",
        "thermal camera": "ok",
        "rgb camera": "ok",
    }
    assert findings["ROS 2"].text == "wheels of this Python, rmw_fastrtps_cpp"
    assert findings["thermal camera"].text == "nobody publishes '/thermal/image_raw' now"


def test_topics_are_remapped(machine):
    found(machine, look(), thermal="/boson/image", rgb="/cam/image")
    (command,) = machine.commands
    assert command[-4:] == ["-r", "thermal/image_raw:=/boson/image", "-r", "rgb/image_raw:=/cam/image"]


def test_both_cameras(machine):
    findings = found(machine, look({}, {}))
    assert findings["thermal camera"].text == "'/thermal/image_raw', 30 images a second"
    assert (findings["camera clocks"].level, findings["camera clocks"].text) == (
        "ok",
        "80 pairs, thermal +4 ms from RGB",
    )


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({"hint": "no two stamps are within 20 ms", "pairs": 0}, "wrong", "no two stamps are within 20 ms"),
        ({"pairs": 0}, "remark", "no pair was found in this time"),
        ({"ages": "the stamps are 5 s ahead"}, "remark", "80 pairs, thermal +4 ms from RGB; the stamps are 5 s ahead"),
    ],
)
def test_clocks(machine, changes, level, text):
    finding = found(machine, look({}, {}, **changes))["camera clocks"]
    assert (finding.level, finding.text) == (level, text)


def test_one_camera_of_two(machine):
    findings = found(machine, look({}))
    assert findings["rgb camera"].level == "remark"
    assert "--rgb-topic" in findings["rgb camera"].remedy
    assert "camera clocks" not in findings


def test_a_topic_that_is_silent_or_no_image(machine):
    findings = found(machine, look({"received": 0}, {"type": "std_msgs/msg/String"}))
    assert (findings["thermal camera"].level, findings["rgb camera"].level) == ("wrong", "wrong")
    assert "no image came in 3 s" in findings["thermal camera"].text
    assert "is std_msgs/msg/String" in findings["rgb camera"].text


@pytest.mark.parametrize(
    ("distro", "variable"),
    [("humble", "FASTRTPS_"), ("jazzy", "FASTRTPS_"), ("kilted", "FASTDDS_"), ("lyrical", "FASTDDS_")],
)
def test_middleware(machine, distro, variable):
    machine.environment |= {"ROS_DISTRO": distro, "AMENT_PREFIX_PATH": "/opt/ros/x"}
    finding = found(machine, look())["middleware"]
    assert finding.remedy.startswith(f"export {variable}DEFAULT_PROFILES_FILE=")
    assert "config/fastdds.xml" in finding.remedy
    name = f"{variable}DEFAULT_PROFILES_FILE"
    machine.environment[name] = str(machine.root / "fastdds.xml")
    finding = found(machine, look())["middleware"]
    assert (finding.level, finding.remedy) == ("wrong", f"unset {name}")
    machine.file("fastdds.xml", "<profiles/>")
    assert found(machine, look())["middleware"].level == "ok"
    assert found(machine, look(rmw="rmw_zenoh_cpp"))["middleware"].text == "rmw_zenoh_cpp, domain 0"


def test_without_vision_msgs(machine):
    machine.environment |= {"ROS_DISTRO": "jazzy", "AMENT_PREFIX_PATH": "/opt/ros/jazzy"}
    assert found(machine, look(vision_msgs=False))["vision_msgs"].remedy == "sudo apt install ros-jazzy-vision-msgs"


MISSING = Output(1, "", "camera_look_node: needs the package 'rclpy', which cannot be imported\n")


def test_no_ros(machine):
    finding = found(machine, MISSING)["ROS 2"]
    assert (finding.level, finding.text.split(":")[0]) == ("remark", "not installed")
    machine.file("opt/ros/humble/setup.bash", "")
    machine.file("opt/ros/jazzy/setup.bash", "")
    finding = found(machine, MISSING)["ROS 2"]
    assert (finding.level, finding.remedy) == ("wrong", "source /opt/ros/jazzy/setup.bash")
    machine.environment["AMENT_PREFIX_PATH"] = "/opt/ros/jazzy"
    assert "it is another one than that of ROS" in found(machine, MISSING)["ROS 2"].text


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (Output(1, "", "x\nfailed to load any RMW implementations\n"), "failed to load any RMW implementations"),
        (Output(-11), "it said nothing"),
        (Output(None, err="timed out after 23 seconds"), "timed out after 23 seconds"),
        (Output(0, "{broken\n[1]\n"), "[1]"),
    ],
)
def test_a_node_that_does_not_start(machine, output, says):
    finding = found(machine, output)["ROS 2"]
    assert finding.level == "wrong"
    assert says in finding.text
