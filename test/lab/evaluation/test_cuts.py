# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.lab.evaluation.cuts import find_cuts
from test.lab.evaluation.scenes import NAMES


@pytest.mark.parametrize(
    ("names", "cuts"),
    [
        (NAMES, {2}),
        (("00111D", "00115D", "00119D", "01053D"), {3}),
        (("a", "b", "c"), set()),
        (("f1", "f2", "f3", "f9"), {3}),
        (("x4D", "x5N"), {1}),
        ((), set()),
    ],
)
def test_cuts_between_recordings(names, cuts):
    assert find_cuts(names) == cuts
