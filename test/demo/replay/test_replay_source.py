# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of what can be replayed, without ROS."""

import pytest

from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.demo.replay.replay_source import open_source
from fusion_perception.errors import DataError
from fusion_perception.ros.parameter_spec import defaults


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "source 'nowhere' is not there"),
        ("~nobody.knows/bag", "the home folder in source '~nobody.knows/bag' is not known"),
    ],
)
def test_sources_that_are_not_there_are_named(source, message):
    with pytest.raises(DataError, match=message):
        open_source({**defaults(REPLAY_PARAMETERS), "source": source})
