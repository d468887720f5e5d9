# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from fusion_perception.lab.evaluation.table import NOTHING, Table, cell


def test_text_is_aligned():
    text = Table("T", ("name", "a"), (("x", "1.5"), ("longer", "22.25")), "note").text()
    assert text.split("\n") == ["T", "  name        a", "  x         1.5", "  longer  22.25", "  (note)"]


def test_what_cannot_be_said_is_a_dash():
    assert (cell(None), cell(0.12345), cell(2, 0)) == (NOTHING, "0.123", "2")


def test_a_bar_in_a_cell_does_not_end_it():
    lines = Table("T", ("a|b", "c"), (("x|y", "1"),)).markdown().split("\n")
    assert lines[2:] == [r"| a\|b | c |", "|---|---:|", r"| x\|y | 1 |"]


def test_markdown_has_a_rule_and_the_note():
    table = Table("T", ("a", "b"), (("x", "1"),), "how")
    assert table.markdown() == "**T**\n\n| a | b |\n|---|---:|\n| x | 1 |\n\n(how)"
