# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the DDS profile."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fusion_perception.ros import transport
from fusion_perception.ros.transport import PROFILE_VARIABLES, profile_variable, use_image_transport

PROFILE = Path(__file__).parents[2] / "config" / "fastdds.xml"


def test_the_profile_is_selected():
    environment = {}
    assert use_image_transport(environment) == PROFILE
    assert environment == {profile_variable(): str(PROFILE)}


@pytest.mark.parametrize(
    ("versions", "variable"),
    [
        ({"rclpy": "3.3.11"}, PROFILE_VARIABLES[0]),  # Humble
        ({"ros-rclpy": "7.1.6"}, PROFILE_VARIABLES[0]),  # Jazzy, wheels
        ({"rclpy": "9.1.2"}, PROFILE_VARIABLES[1]),  # Kilted
        ({"rclpy": "10.0.6"}, PROFILE_VARIABLES[1]),
        ({"ros-rclpy": "9.1.2"}, PROFILE_VARIABLES[1]),
        ({}, PROFILE_VARIABLES[0]),
    ],
)
def test_the_variable_fits_the_installed_fast_dds(versions, variable, monkeypatch):
    def version(name):
        if name not in versions:
            raise transport.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(transport, "version", version)
    assert profile_variable() == variable


@pytest.mark.parametrize(
    "environment",
    [
        {"FASTRTPS_DEFAULT_PROFILES_FILE": "/mine.xml"},
        {"FASTDDS_BUILTIN_TRANSPORTS": "LARGE_DATA"},
        {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"},
    ],
)
def test_the_users_choice_stands(environment):
    before = dict(environment)
    assert use_image_transport(environment) is None
    assert environment == before


def test_the_segment_holds_several_large_images():
    namespace = {"dds": "http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"}
    descriptor = ElementTree.parse(PROFILE).find(".//dds:transport_descriptor[dds:type='SHM']", namespace)  # noqa: S314
    full_hd = 1920 * 1080 * 3
    assert int(descriptor.find("dds:segment_size", namespace).text) >= 4 * full_hd
    assert int(descriptor.find("dds:maxMessageSize", namespace).text) >= full_hd
