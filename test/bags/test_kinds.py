# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of bag gives its pairs, or one sentence that says why not."""

import importlib.util

import numpy as np
import pytest

from fusion_perception.bags.bag_files import is_bag
from fusion_perception.bags.bag_source import BagSource
from fusion_perception.errors import DataError
from test.bags.kinds import KINDS
from test.bags.make_bag import rgb_image, thermal_image

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")


def fits(number, expected):
    low, high = expected if isinstance(expected, tuple) else (expected, expected)
    return low <= number <= high


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_bag(tmp_path, kind):
    if kind.needs and importlib.util.find_spec(kind.needs) is None:
        pytest.skip(f"{kind.needs} is not installed")
    path = kind.make(tmp_path)
    assert is_bag(path)
    told = []
    if kind.message:
        with pytest.raises(DataError, match=kind.message):
            list(BagSource(path, warn=told.append, **(kind.options or {})))
        return
    source = BagSource(path, warn=told.append, **(kind.options or {}))
    for _ in range(2):  # it can be played again
        pairs = list(source)
        assert fits(len(pairs), kind.pairs), (len(pairs), told)
        assert all((pair.thermal is None or pair.rgb is None) == kind.alone for pair in pairs)
    assert any(kind.told in text for text in told) if kind.told else not told, told
    assert len(told) == len(set(told))


@pytest.mark.parametrize("name", ["one mcap file with its metadata.yaml", "sqlite (db3) with its metadata.yaml"])
def test_the_images_are_those_that_were_recorded(tmp_path, name):
    (kind,) = [kind for kind in KINDS if kind.name == name]
    for number, pair in enumerate(BagSource(kind.make(tmp_path))):
        np.testing.assert_array_equal(pair.rgb.image, rgb_image(number))
        np.testing.assert_array_equal(pair.thermal.image, thermal_image(number))
        assert pair.rgb.received_ns == pair.rgb.stamp_ns


@pytest.mark.parametrize("name", ["clocks an hour apart", "clocks 1.2 s apart", "the stamps of one camera are 0",
                                  "all images of one camera before the other's"])  # fmt: skip
def test_the_right_images_are_paired(tmp_path, name):
    (kind,) = [kind for kind in KINDS if kind.name == name]
    for number, pair in enumerate(BagSource(kind.make(tmp_path), warn=lambda text: None)):
        np.testing.assert_array_equal(pair.rgb.image, rgb_image(number))
        np.testing.assert_array_equal(pair.thermal.image, thermal_image(number))
