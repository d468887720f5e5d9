# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the environment of the demonstration's processes."""

import socket

import pytest

from fusion_perception.demo import environment
from fusion_perception.demo.environment import child_environment, choose_domain, middleware
from fusion_perception.demo.processes import _NOTEWORTHY, message
from fusion_perception.errors import BackendError


def test_children_stay_on_this_machine_in_a_domain_of_their_own(tmp_path):
    variables = child_environment(42, tmp_path, {"PATH": "p", "ROS_LOCALHOST_ONLY": "1"})
    assert variables["ROS_DOMAIN_ID"] == "42"
    assert variables["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert "ROS_LOCALHOST_ONLY" not in variables, "newer releases warn of it"
    assert variables["PATH"] == "p"


def test_the_log_has_the_form_that_is_read_here_whatever_the_user_likes(tmp_path):
    variables = child_environment(42, tmp_path, {"RCUTILS_CONSOLE_OUTPUT_FORMAT": "{message}"})
    fields = {"severity": "WARN", "time": "1.5", "name": "replay_node", "message": "the source [x]: is slow"}
    line = variables["RCUTILS_CONSOLE_OUTPUT_FORMAT"].format(**fields)
    assert line.startswith(next(iter(_NOTEWORTHY)))
    assert message(line) == "the source [x]: is slow"


def test_humble_knows_only_the_old_variable(tmp_path):
    variables = child_environment(42, tmp_path, {"ROS_DISTRO": "humble"})
    assert variables["ROS_LOCALHOST_ONLY"] == "1"
    assert "ROS_AUTOMATIC_DISCOVERY_RANGE" not in variables


def test_a_middleware_that_the_wheels_lack_is_not_asked_for(tmp_path, monkeypatch):
    base = {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}
    assert "RMW_IMPLEMENTATION" not in child_environment(1, tmp_path, base)
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    sourced = {**base, "AMENT_PREFIX_PATH": "/opt/ros/jazzy"}
    assert child_environment(1, tmp_path, sourced)["RMW_IMPLEMENTATION"] == "rmw_cyclonedds_cpp"
    assert middleware(sourced) == "rmw_cyclonedds_cpp"
    assert middleware({}) == "Fast DDS"


def test_domains_are_in_range_and_never_the_default_one(tmp_path):
    assert {choose_domain(pid, lambda domain: True) for pid in range(500)} == set(range(1, 102))
    with pytest.raises(BackendError, match="allowed: 0 to 101"):
        child_environment(102, tmp_path)


def test_a_domain_in_use_is_left_to_others():
    assert choose_domain(100, lambda domain: domain not in (101, 1)) == 2
    assert choose_domain(4, lambda domain: False) == 5, "when all are in use, one has to be shared"
    wanted = choose_domain(50)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 7410 + 250 * wanted))  # noqa: S104 - as a DDS participant does
        assert choose_domain(wanted - 1) != wanted
