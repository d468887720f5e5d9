# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""JSON documents that come in files: read strictly, checked once, and written so that they can be read again.

Everything that a document says decides something: how much memory is taken, what stands on a screen, what a ROS message
carries. So a document is bounded in size and depth, its numbers are finite and no larger than anything here needs, its
texts can be encoded, and no key stands twice. Fields are taken out by ``Fields``, which says what came, what is allowed
and where.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from fusion_perception.text import printable

MAX_BYTES = 1 << 20
"""Largest document accepted, in characters."""

MAX_TEXT = 1 << 14
"""Longest text in a free part of a document, in characters."""

MAX_DEPTH = 16
"""How deep objects and lists may be nested."""

MAX_INTEGER = 1 << 63


class DocumentError(ValueError):
    """A document that is damaged or says what is not allowed; the message begins with the place."""


def read_object(text: str | bytes, longest: int = MAX_BYTES) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        text: the JSON text, as UTF-8 where it is bytes.
        longest: most characters or bytes accepted.

    Raises:
        DocumentError: it is too long, no valid JSON, no object, nested too deep, has a key twice, a number that is not
            finite or has more than 64 bits, or a text that cannot be encoded.
    """
    if len(text) > longest:
        raise DocumentError(f"it has {len(text)} characters; allowed: {longest}")
    try:
        value = json.loads(
            text,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except DocumentError:
        raise
    except RecursionError as error:
        raise DocumentError("not valid JSON (nested too deep)") from error
    except ValueError as error:
        raise DocumentError(f"not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise DocumentError("not a JSON object")
    check_free(value, "it", longest)
    return value


def write_object(document: dict[str, Any]) -> str:
    """Return a document as JSON that ``read_object`` reads; DocumentError where it would not."""
    check_free(document, "it", MAX_BYTES)
    text = json.dumps(document, sort_keys=True, allow_nan=False)
    if len(text) > MAX_BYTES:
        raise DocumentError(f"it has {len(text)} characters; allowed: {MAX_BYTES}")
    return text


def _integer(digits: str) -> int:
    # Python refuses numbers of more than 4300 digits by itself, or needs a time that grows with their square.
    if len(digits) > 20 or not -MAX_INTEGER <= int(digits) < MAX_INTEGER:
        raise DocumentError(f"the number {printable(digits, 40)} has more than 64 bits")
    return int(digits)


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise DocumentError(f"the number {printable(text, 40)} is not finite")
    return value


def _constant(text: str) -> float:
    raise DocumentError(f"the number {text} is not finite")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DocumentError(f"'{printable(twice, 80)}' stands twice")
    return found


def check_free(value: Any, place: str, longest: int = MAX_TEXT, depth: int = 0) -> None:
    """Check a part of a document whose keys are free: JSON types alone, finite, of bounded size and depth.

    Raises:
        DocumentError: it is not; the message begins with ``place``.
    """
    if depth > MAX_DEPTH:
        raise DocumentError(f"{place} is nested deeper than {MAX_DEPTH}")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        check_text(value, place, longest, one_line=False)
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value < MAX_INTEGER:
            raise DocumentError(f"{place} is a number of more than 64 bits")
    elif isinstance(value, float):
        if not isfinite(value):
            raise DocumentError(f"{place} is {value}; allowed: finite numbers")
    elif isinstance(value, (list, tuple)):
        for entry in value:
            check_free(entry, place, longest, depth + 1)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if not isinstance(key, str):
                raise DocumentError(f"{place} has the key {key!r}; allowed: texts")
            check_text(key, f"a key of {place}", longest, one_line=False)
            check_free(entry, _below(place, key), longest, depth + 1)
    else:
        raise DocumentError(f"{place} is of type {type(value).__name__}; allowed: what JSON knows")


def _below(place: str, key: str) -> str:
    name = printable(key, 80)
    return name if place == "it" else f"{place}.{name}"[-200:]


def check_text(value: Any, place: str, longest: int, *, one_line: bool = True, shortest: int = 0) -> str:
    """Return a text that can be shown, sent and stored.

    Args:
        value: what came.
        place: its name in messages.
        longest: most characters.
        one_line: refuse line breaks, escape codes and everything else that cannot be printed.
        shortest: fewest characters.

    Raises:
        DocumentError: it is no text, too long or short, holds half a character (a lone surrogate: no UTF-8), or what
            cannot be printed.
    """
    if not isinstance(value, str):
        raise DocumentError(f"{place} is {_kind(value)}; allowed: a text")
    if not shortest <= len(value) <= longest:
        raise DocumentError(f"{place} has {len(value)} characters; allowed: {shortest} to {longest}")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise DocumentError(f"{place} is '{printable(value, 80)}', which is not UTF-8")
    if one_line and not value.isprintable():
        raise DocumentError(f"{place} is '{printable(value, 80)}'; allowed: characters that can be printed")
    return value


def check_integer(value: Any, place: str, low: int, high: int) -> int:
    """Return a whole number within bounds; DocumentError if it is another type or outside."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise DocumentError(f"{place} is {_kind(value)}; allowed: {low} to {high}")
    if not low <= value <= high:
        raise DocumentError(f"{place} is {value}; allowed: {low} to {high}")
    return value


def check_choice(value: Any, place: str, allowed: tuple[str, ...]) -> str:
    """Return one of some texts; DocumentError if it is another."""
    if value not in allowed:
        shown = printable(value, 40) if isinstance(value, str) else _kind(value)
        raise DocumentError(f"{place} is '{shown}'; allowed: {', '.join(allowed)}")
    return str(value)


def _kind(value: Any) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    for kind, name in ((str, "a text"), (list, "a list"), (dict, "an object")):
        if isinstance(value, kind):
            return name
    return f"of type {type(value).__name__}"


class Fields:
    """Takes the fields out of an object, each checked, so that nothing of it is believed unseen.

    Args:
        value: what should be an object.
        place: its name in messages; empty for the document itself.
    """

    def __init__(self, value: Any, place: str = "") -> None:
        if not isinstance(value, dict):
            raise DocumentError(f"{place or 'it'} is {_kind(value)}; allowed: an object")
        self._value = value
        self._place = place

    def _name(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def get(self, key: str, default: Any = ...) -> Any:
        """Return a field as it stands; DocumentError if it is missing and there is no ``default``."""
        if key in self._value:
            return self._value[key]
        if default is ...:
            raise DocumentError(f"{self._name(key)} is missing")
        return default

    def text(self, key: str, longest: int, default: Any = ..., *, shortest: int = 0) -> str:
        """Return a text of one line."""
        return check_text(self.get(key, default), self._name(key), longest, shortest=shortest)

    def integer(self, key: str, low: int, high: int, default: Any = ...) -> int:
        """Return a whole number."""
        return check_integer(self.get(key, default), self._name(key), low, high)

    def flag(self, key: str, default: Any = ...) -> bool:
        """Return true or false."""
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise DocumentError(f"{self._name(key)} is {_kind(value)}; allowed: true, false")
        return value

    def entries(self, key: str, most: int) -> list[Any]:
        """Return a list of at most ``most`` entries, which are not checked yet."""
        value = self.get(key)
        if not isinstance(value, list) or len(value) > most:
            found = f"a list of {len(value)}" if isinstance(value, list) else _kind(value)
            raise DocumentError(f"{self._name(key)} is {found}; allowed: a list of at most {most}")
        return value

    def free(self, key: str) -> dict[str, Any]:
        """Return an object whose keys are free; empty where it is missing or null."""
        value = self.get(key, None)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise DocumentError(f"{self._name(key)} is {_kind(value)}; allowed: an object")
        check_free(value, self._name(key))
        return dict(value)
