# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import os
from pathlib import Path

import pytest

from fusion_perception.text import LIMIT, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("thermal", "thermal"),
        ("Wärmebild 熱", "Wärmebild 熱"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("\u2028\u2029\u0085", r"\u2028\u2029\x85"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\u200bx\ufeff", r"\u200bx\ufeff"),
        ("\udcff\ud800", r"\xff\ud800"),
        ("\U000e0001", r"\U000e0001"),
        (b"caf\xe9 \xc3\xa9", r"caf\xe9 é"),
        (Path("a\nb"), r"a\nb"),
        (ValueError("two\nlines"), r"two\nlines"),
        (None, "None"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_every_character_becomes_visible_and_can_be_encoded():
    for code in range(0x11000):
        shown = printable(chr(code))
        assert shown.isprintable()
        shown.encode("utf-8")


@pytest.mark.parametrize("text", ["x" * (LIMIT + 1), "\x1b" * LIMIT, "a\n" * 3_000_000, "\U000e0001" * LIMIT])
@pytest.mark.parametrize("limit", [40, 41, LIMIT])
def test_a_long_text_loses_its_middle(text, limit):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown[0] == printable(text[0])[0] and shown[-1] == printable(text[-1])[-1]
    assert printable(shown, limit) == shown


def test_the_number_left_out_is_right():
    assert printable("a" * 1000, 50) == "a" * 16 + "[... 969 more ...]" + "a" * 15


def test_no_limit():
    assert printable("a\n" * 1000, 0) == r"a\n" * 1000


def test_an_object_without_a_text():
    class Broken:
        def __str__(self):
            raise RuntimeError("no")

    assert printable(Broken()) == "<Broken>"


def test_a_file_name_that_is_not_utf8():
    assert printable(Path(os.fsdecode(b"ir/caf\xe9.png"))) == r"ir/caf\xe9.png"
