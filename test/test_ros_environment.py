# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the domains of the tests: two runs never share one."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from test.ros_environment import DOMAINS, own_domain, ros_environment

ROOT = Path(__file__).parents[1]
ASK = "from test.ros_environment import own_domain; print(own_domain(), flush=True); input()"


def ask():
    return subprocess.Popen(
        [sys.executable, "-c", ASK], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_three_runs_at_once_use_three_domains_and_give_them_back():
    with ask() as first, ask() as second:
        domains = [own_domain(), int(first.stdout.readline()), int(second.stdout.readline())]
        first.communicate("\n")
        second.communicate("\n")
    assert len(set(domains)) == 3
    assert set(domains) <= set(DOMAINS)
    with ask() as third:
        assert int(third.stdout.readline()) <= max(domains)
        third.communicate("\n")


def test_a_domain_that_a_stranger_uses_is_left_alone():
    with ask() as process:
        wanted = int(process.stdout.readline())
        process.communicate("\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        try:
            stranger.bind(("0.0.0.0", 7410 + 250 * wanted))  # noqa: S104 - as a DDS participant does
        except OSError:
            pytest.skip(f"ROS domain {wanted} has just been taken by another run")
        with ask() as process:
            assert int(process.stdout.readline()) != wanted
            process.communicate("\n")


def test_nothing_of_the_surroundings_reaches_a_child(monkeypatch):
    monkeypatch.setenv("ROS_LOCALHOST_ONLY", "1")
    monkeypatch.setenv("FASTRTPS_DEFAULT_PROFILES_FILE", "/other.xml")
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    variables = ros_environment(COLOUR="red")
    assert "ROS_LOCALHOST_ONLY" not in variables, "newer releases warn of it"
    assert "FASTRTPS_DEFAULT_PROFILES_FILE" not in variables
    assert variables["ROS_DOMAIN_ID"] == str(own_domain())
    assert variables["COLOUR"] == "red"
