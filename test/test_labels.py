# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.labels import LABEL_SETS, LabelSet, get_label_set

BLACK, RED = (0, 0, 0), (255, 0, 0)


def test_the_palette_is_the_lookup_table():
    table = LabelSet("two", ("none", "größe"), (BLACK, RED)).lookup_table()
    assert table[1].tolist() == list(RED)
    assert np.all(table[2:] == 255)


@pytest.mark.parametrize(
    ("names", "palette", "says"),
    [
        (("a", "b"), (BLACK,), "2 names but 1 colours"),
        ((), (), "has 0 classes; allowed: 1..255"),
        (("a", "a"), (BLACK, RED), "has the class 'a' twice"),
        (
            ("a", "b"),
            (BLACK, (300, 0, 0)),
            r"gives 'b' the colour \(300, 0, 0\); allowed: three whole",
        ),
        (("a", "b"), (BLACK, (-1, 0, 0)), r"the colour \(-1, 0, 0\)"),
        (("a", "b"), (BLACK, (1.5, 0, 0)), r"the colour \(1\.5, 0, 0\)"),
        (("a", "b"), (BLACK, (0, 0)), r"the colour \(0, 0\)"),
        (("a", "b"), (BLACK, "red"), "the colour 'red'"),
        (("a", "\ud800"), (BLACK, RED), r"is '\\ud800', which is not UTF-8"),
        (("a", "\udcff"), (BLACK, RED), r"is '\\xff', which is not UTF-8"),
        (("a", "b\n[FATAL] x"), (BLACK, RED), "allowed: characters that can be printed"),
        (("a", "x" * 65), (BLACK, RED), "has 65 characters; allowed: 1 to 64"),
        (("a", ""), (BLACK, RED), "has 0 characters"),
        (("a", 7), (BLACK, RED), "is 7; allowed: a text"),
    ],
)
def test_what_a_label_set_may_not_be(names, palette, says):
    with pytest.raises(ValueError, match=says):
        LabelSet("odd", names, palette)


def test_registered_sets():
    assert get_label_set("msrs9") is LABEL_SETS["msrs9"]
    with pytest.raises(KeyError, match="unknown label set 'x'; known: msrs9"):
        get_label_set("x")
