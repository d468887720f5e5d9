# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the DDS profile."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fusion_perception.ros.transport import PROFILE_VARIABLES, use_image_transport

PROFILE = Path(__file__).parents[2] / "config" / "fastdds.xml"


def test_the_profile_is_selected_for_both_generations_of_fast_dds():
    environment = {}
    assert use_image_transport(environment) == PROFILE
    assert environment == dict.fromkeys(PROFILE_VARIABLES, str(PROFILE))


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
