# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is said about quality of service that does not fit."""

from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from rclpy.qos import QoSPolicyKind

from fusion_perception.ros import qos
from fusion_perception.ros.qos import QoSOverridingOptions

OFFERED = {policy.name for policy in QoSOverridingOptions.with_default_policies().policy_kinds}


def said(make_callbacks, policy):
    lines = []
    callbacks = make_callbacks(lines.append)
    callbacks.incompatible_qos(SimpleNamespace(last_policy_kind=policy, total_count_change=1))
    return lines[0]


@pytest.mark.parametrize("policy", [QoSPolicyKind.RELIABILITY, QoSPolicyKind.DURABILITY, QoSPolicyKind.DEADLINE])
@pytest.mark.parametrize(
    ("side", "make_callbacks"),
    [
        ("publisher", lambda warn: qos.warn_about_subscribers(warn, "/fusion/mask")),
        ("subscription", lambda warn: qos.watch_publishers(warn, "/fusion/mask", int)),
    ],
)
def test_only_an_override_that_exists_is_advised(policy, side, make_callbacks):
    text = said(make_callbacks, policy)
    assert policy.name in text
    assert "ros2 topic info -v /fusion/mask" in text
    advised = f"qos_overrides./fusion/mask.{side}.{policy.name.lower()}"
    assert (advised in text) == (policy.name in OFFERED)
    assert ("qos_overrides" in text) == (policy.name in OFFERED)
