# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the warning about names that no parameter has."""

import pytest

from fusion_perception.ros.unknown_parameters import unknown, warn_about_unknown, warn_about_unknown_overrides

KNOWN = ["sync.tolerance_ms", "lazy", "use_sim_time", "qos_overrides./fusion/mask.publisher.depth"]


def test_the_nearest_name_is_told():
    text = unknown(["sync.tolerence_ms", "lazy", "zzz\x1b[31m"], KNOWN)
    assert "'sync.tolerence_ms' (did you mean 'sync.tolerance_ms'?)" in text
    assert r"'zzz\x1b[31m'" in text
    assert "did you mean 'lazy'" not in text


def test_known_names_give_no_word():
    assert unknown(["lazy"], KNOWN) == ""
    assert unknown([], KNOWN) == ""


def test_a_file_for_a_whole_robot_makes_one_short_line():
    text = unknown([f"stranger_{number}" for number in range(100)], KNOWN)
    assert text.endswith("and 92 more")
    assert len(text) < 500


class Logger:
    def __init__(self):
        self.lines = []

    def warning(self, text):
        self.lines.append(text)


class FakeNode:
    def __init__(self, overrides):
        self._parameter_overrides = dict.fromkeys(overrides)
        self._parameters = dict.fromkeys(KNOWN)
        self.logger = Logger()

    def get_logger(self):
        return self.logger


@pytest.mark.parametrize("qos_first", [True, False])
def test_qos_overrides_are_judged_apart(qos_first):
    node = FakeNode(["layz", "qos_overrides./fusion/maks.publisher.depth"])
    (warn_about_unknown_overrides if qos_first else warn_about_unknown)(node)
    (line,) = node.logger.lines
    assert ("fusion/maks" in line) == qos_first
    assert ("layz" in line) != qos_first


def test_an_rclpy_that_hides_them_is_left_in_peace():
    warn_about_unknown(object())
