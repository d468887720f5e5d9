# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fusion_perception.documents.strict_json import (
    MAX_BYTES,
    DocumentError,
    Fields,
    check_free,
    check_text,
    read_object,
    write_object,
)

REFUSED = {
    "infinite by its exponent": ('{"a": 1e999}', "number 1e999 is not finite"),
    "Infinity": ('{"a": -Infinity}', "number -Infinity is not finite"),
    "NaN": ('{"a": NaN}', "number NaN is not finite"),
    "5000 digits": ('{"a": ' + "9" * 5000 + "}", r"\[\.\.\. \d+ more \.\.\.\]9+ has more than 64 bits"),
    "65 bits": ('{"a": 9223372036854775808}', "more than 64 bits"),
    "half a character": (r'{"a": "\ud800"}', r"a is '\\ud800', which is not UTF-8"),
    "half a character in a key": (r'{"\udc80": 1}', "a key of it is .* which is not UTF-8"),
    "a key twice": ('{"a": 1, "a": 2}', "'a' stands twice"),
    "a key twice, deep": ('{"b": [{"a": 1, "a": 2}]}', "'a' stands twice"),
    "deep": ("[" * 100_000, r"not valid JSON|nested"),
    "deep, closed": ('{"a":' * 40 + "1" + "}" * 40, "nested deeper than 16"),
    "no object": ("[]", "not a JSON object"),
    "no JSON": ("{", "not valid JSON"),
    "empty": ("", "not valid JSON"),
    "long": ('"' + "x" * MAX_BYTES + '"', r"it has \d+ characters; allowed: 1048576"),
    "not UTF-8": (b'{"a": "\xff"}', "not valid JSON"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    text, says = REFUSED[case]
    with pytest.raises(DocumentError, match=says) as caught:
        read_object(text)
    assert len(str(caught.value)) < 300


def test_what_is_written_is_read():
    document = {"b": [1, 2.5, None, True], "a": {"größe": "°C\n"}}
    assert read_object(write_object(document)) == document
    assert read_object(write_object(document).encode()) == document


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), "\ud800", 1 << 63, object(), {1: 2}, [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]
)
def test_what_would_not_be_read_is_not_written(value):
    with pytest.raises(DocumentError):
        write_object({"a": value})


def test_a_text_of_a_free_part_has_a_limit():
    check_free({"a": "x" * 16384}, "training")
    with pytest.raises(DocumentError, match=r"training\.a has 16385 characters; allowed: 0 to 16384"):
        check_free({"a": "x" * 16385}, "training")


@pytest.mark.parametrize("text", ["a\nb", "\x1b[2J", "\u202e", "a\x00"])
def test_what_cannot_be_printed_is_no_line(text):
    with pytest.raises(DocumentError, match="allowed: characters that can be printed"):
        check_text(text, "name", 10)
    assert check_text(text, "note", 10, one_line=False) == text


class TestFields:
    FIELDS = Fields(json.loads('{"n": 3, "t": "x", "f": true, "l": [1, 2], "o": {}, "z": null}'), "here")

    def test_values(self):
        fields = self.FIELDS
        assert (fields.integer("n", 0, 3), fields.text("t", 5), fields.flag("f"), fields.entries("l", 2)) == (
            *(3, "x", True),
            [1, 2],
        )
        assert fields.free("o") == fields.free("z") == fields.free("absent") == {}

    @pytest.mark.parametrize(
        ("take", "says"),
        [
            (lambda f: f.get("absent"), "here.absent is missing"),
            (lambda f: f.integer("n", 4, 9), "here.n is 3; allowed: 4 to 9"),
            (lambda f: f.integer("f", 0, 9), "here.f is True; allowed: 0 to 9"),
            (lambda f: f.integer("t", 0, 9), "here.t is a text; allowed: 0 to 9"),
            (lambda f: f.text("n", 9), "here.n is 3; allowed: a text"),
            (lambda f: f.text("t", 9, shortest=2), "here.t has 1 characters; allowed: 2 to 9"),
            (lambda f: f.flag("n"), "here.n is 3; allowed: true, false"),
            (lambda f: f.entries("l", 1), "here.l is a list of 2; allowed: a list of at most 1"),
            (lambda f: f.entries("o", 1), "here.o is an object; allowed: a list of at most 1"),
            (lambda f: f.free("l"), "here.l is a list; allowed: an object"),
        ],
    )
    def test_what_is_not_allowed_is_said(self, take, says):
        with pytest.raises(DocumentError, match=says):
            take(self.FIELDS)

    def test_no_object(self):
        with pytest.raises(DocumentError, match="labels is a list; allowed: an object"):
            Fields([], "labels")
