# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from fusion_perception.documents.strict_json import DocumentError
from fusion_perception.documents.typed_document import INLINE, Count, Range, check, from_json, to_json


@dataclass(frozen=True)
class Mask:
    iou: float | None
    pixels: Count


@dataclass(frozen=True)
class Cat:
    kind: Literal["cat"]
    lives: Annotated[int, Range(1, 9)]


@dataclass(frozen=True)
class Dog:
    kind: Literal["dog"]
    name: str


@dataclass(frozen=True)
class Page:
    name: str
    share: float
    known: bool
    size: int | None
    by_class: dict[str, dict[str, float | None]]
    pairs: tuple[tuple[int, ...], ...]
    animal: Cat | Dog | None
    free: Any
    colour: Literal["red", "blue"] = "red"
    rate: float | None = None
    notes: tuple[str, ...] = ()
    mask: Annotated[Mask | None, INLINE] = None


VALUES = {
    "name": "a",
    "share": 0.5,
    "known": True,
    "size": None,
    "by_class": {"day": {"car": 1, "bike": None}},
    "pairs": [[1, 2], []],
    "animal": {"kind": "cat", "lives": 9},
    "free": {"anything": [1, "b", None]},
    "colour": "blue",
    "rate": 2,
    "notes": ["x"],
    "iou": None,
    "pixels": 3,
}


def edited(**changes):
    return {**json.loads(json.dumps(VALUES)), **changes}


def without(*names):
    return {name: value for name, value in VALUES.items() if name not in names}


def test_there_and_back():
    page = from_json(Page, VALUES)
    assert page.animal == Cat("cat", 9)
    assert page.mask == Mask(None, 3)
    assert page.pairs == ((1, 2), ())
    assert json.dumps(to_json(page)) == json.dumps(VALUES)


def test_what_may_be_missing():
    page = from_json(Page, without("colour", "rate", "notes", "iou", "pixels"))
    assert (page.colour, page.rate, page.notes, page.mask) == ("red", None, (), None)
    written = to_json(page)
    assert list(written)[-2:] == ["colour", "notes"]  # None by default: left out; another default: written
    assert written["size"] is None  # no default: written


def test_a_number_stays_what_it_was():
    assert json.dumps(to_json(from_json(Page, edited(share=1)))["share"]) == "1"


REFUSED = {
    "missing": (without("share"), "share is missing"),
    "half of what comes together": (without("pixels"), "pixels is missing"),
    "unknown": (edited(weight=1), "weight is not known; allowed: name, share, .*iou, pixels"),
    "unknown, below": (edited(animal={"kind": "dog", "name": "x", "age": 1}), "animal.age is not known"),
    "unknown key with an escape code": (edited(**{"\x1b[31m": 1}), r"\\x1b\[31m is not known"),
    "text for a number": (edited(share="much"), "share is 'much'; allowed: a number"),
    "number for a text": (edited(name=3), "name is 3; allowed: a text"),
    "truth for a number": (edited(share=True), "share is true; allowed: a number"),
    "truth for a whole number": (edited(size=False), "size is false; allowed: a whole number, null"),
    "number for a truth": (edited(known=1), "known is 1; allowed: true, false"),
    "part of a whole number": (edited(size=1.5), "size is 1.5; allowed: a whole number, null"),
    "null": (edited(name=None), "name is null; allowed: a text"),
    "below the bound": (edited(pixels=-1), "pixels is -1; allowed: a whole number from 0"),
    "above the bound": (edited(animal={"kind": "cat", "lives": 10}), "animal.lives is 10; allowed: .* from 1 to 9"),
    "no choice": (edited(colour="green"), "colour is 'green'; allowed: red, blue"),
    "no kind": (edited(animal={"kind": "cow"}), "animal.kind is 'cow'; allowed: cat, dog"),
    "kind of no text": (edited(animal={"kind": []}), "animal.kind is a list of 0; allowed: cat, dog"),
    "no animal": (edited(animal=3), "animal is 3; allowed: an object"),
    "fields of another kind": (edited(animal={"kind": "dog", "lives": 9}), "animal.lives is not known"),
    "no list": (edited(pairs={}), "pairs is an object; allowed: a list"),
    "deep in lists": (edited(pairs=[[1], [2, "x"]]), r"pairs\[1\]\[1\] is 'x'; allowed: a whole number"),
    "no object": (edited(by_class=[]), "by_class is a list of 0; allowed: an object"),
    "deep in objects": (edited(by_class={"day": {"car": "x"}}), "by_class.day.car is 'x'; allowed: a number, null"),
    "free, not finite": (edited(free=[float("nan")]), "free is nan; allowed: finite numbers"),
    "nothing of it": ([], "it is a list of 0; allowed: an object"),
    "long": (edited(size="x" * 1000), r"size is '.{,100}'; allowed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_place_value_and_what_is_allowed(case):
    values, says = REFUSED[case]
    with pytest.raises(DocumentError, match=says):
        from_json(Page, values)


def test_what_is_made_here_is_checked_too():
    assert check(from_json(Page, VALUES)) == VALUES
    with pytest.raises(DocumentError, match="share is NaN; allowed: a finite number"):
        check(from_json(Page, edited(share=float("nan"))))
    with pytest.raises(DocumentError, match="lives is 0; allowed"):
        check(Cat("cat", 0))
