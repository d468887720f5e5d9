# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Documents as frozen dataclasses: read from JSON values by their annotations, and written back.

A document is one dataclass; its objects are dataclasses too, its lists tuples. The rules:

- A field without a default must be there; one with a default may be missing.
- A field whose default is None is left out while it is None; every other field is written.
- A key that no field has is refused: it would be lost when the document is written again.
- ``Annotated[X, INLINE]`` puts the fields of the dataclass X beside the own ones; with the default None, keys that come
  together or not at all.

Annotations may be ``bool``, ``int``, ``float``, ``str``, ``Literal``, ``Any`` (any JSON), dataclasses,
``tuple[X, ...]``, ``dict[str, X]``, ``X | None``, unions of dataclasses that differ in a ``Literal`` field, and numbers
with bounds (``Annotated[int, Range(0)]``).
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from math import isfinite
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from fusion_perception.documents.strict_json import DocumentError, check_free
from fusion_perception.text import printable

T = TypeVar("T")

INLINE = "inline"
"""In ``Annotated``: the keys of this field's own fields stand beside those of the class that has it."""

_SHOWN = 40  # characters of a value in a message
_NAMES = {bool: "true, false", int: "a whole number", float: "a number", str: "a text", Any: "anything"}


@dataclass(frozen=True)
class Range:
    """Bounds of a number, both included; None: no bound."""

    low: float | None = 0
    high: float | None = None

    def __str__(self) -> str:
        parts = [f"{word} {bound:g}" for word, bound in (("from", self.low), ("to", self.high)) if bound is not None]
        return " ".join(parts)


Count = Annotated[int, Range(0)]
"""A whole number from 0."""

Size = Annotated[float, Range(0)]
"""A number from 0: a time, a length, a rate."""


def from_json(kind: type[T], value: Any, place: str = "") -> T:
    """Make a dataclass of JSON values.

    Args:
        kind: the dataclass.
        value: what ``document.read_object`` returned, or a part of it.
        place: its name in messages; empty for the document itself.

    Raises:
        DocumentError: something is missing, unknown or not allowed; the message names place, value and what is allowed.
    """
    return cast("T", _read(kind, value, place))


def to_json(document: Any) -> dict[str, Any]:
    """Return a dataclass as JSON values; keys stand in the order of its fields."""
    written: dict[str, Any] = {}
    kind: Any = type(document)
    for entry in _fields_of(kind):
        value = getattr(document, entry.name)
        if value is None and entry.default is None:
            continue
        if entry.inline:
            written |= to_json(value)
        else:
            written[entry.name] = _written(value)
    return written


def check(document: Any) -> dict[str, Any]:
    """Return a document that was made here as JSON values; DocumentError where it says what its type does not allow.

    Names of files stay what they are: one that is not UTF-8 is written as JSON writes it, though no reader takes it.
    """
    values = to_json(document)
    from_json(type(document), values)
    return values


def _written(value: Any) -> Any:
    if is_dataclass(value):
        return to_json(value)
    if isinstance(value, dict):
        return {key: _written(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return list(value) if _all_are(int, value) else [_written(entry) for entry in value]
    return value


def _all_are(kind: type, values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether nothing else is in a list: the stamps of an hour are a million, and need no look at each."""
    return set(map(type, values)) <= {kind}


@dataclass(frozen=True)
class _Field:
    """A field: its name, annotation and default, and whether its keys stand beside those of its class."""

    name: str
    kind: Any
    default: Any
    inline: bool

    @property
    def required(self) -> bool:
        return self.default is MISSING

    @property
    def part(self) -> Any:
        """The dataclass of an inline field."""
        return _without_none(self.kind)[0]


@cache
def _fields_of(kind: Any) -> tuple[_Field, ...]:
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for entry in fields(kind):
        hint = hints[entry.name]
        inline = get_origin(hint) is Annotated and INLINE in get_args(hint)
        default = entry.default if entry.default_factory is MISSING else entry.default_factory
        found.append(_Field(entry.name, get_args(hint)[0] if inline else hint, default, inline))
    return tuple(found)


def _without_none(kind: Any) -> tuple[Any, ...]:
    """The members of a union other than None; of anything else the thing itself."""
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(member for member in get_args(kind) if member is not type(None))
    return (kind,)


def _names_of(kind: type) -> list[str]:
    """Every key that an object may have."""
    names: list[str] = []
    for entry in _fields_of(kind):
        names += _names_of(entry.part) if entry.inline else [entry.name]
    return names


def _read(kind: Any, value: Any, place: str) -> Any:
    members = _without_none(kind)
    if value is None and members != (kind,):
        return None
    if len(members) > 1:
        return _read_one_of(members, value, place)
    (plain,) = members
    if is_dataclass(plain):
        return _read_object(cast("type", plain), value, place)
    reader = _READERS.get(get_origin(plain))
    if reader is not None:
        return reader(plain, value, place)
    if plain is Any:
        check_free(value, place or "it")
        return value
    # A bool is an int to Python, and an int stands where a float may.
    allowed = (int, float) if plain is float else plain
    if not isinstance(value, allowed) or (isinstance(value, bool) and plain is not bool):
        raise _refused(place, value, _NAMES[plain] + (", null" if members != (kind,) else ""))
    if isinstance(value, float) and not isfinite(value):
        raise _refused(place, value, "a finite number")
    return value


def _read_object(kind: type, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise _refused(place, value, "an object")
    known = _names_of(kind)
    for key in value:
        if key not in known:
            raise DocumentError(f"{_below(place, key)} is not known; allowed: {', '.join(known)}")
    return _filled(kind, value, place)


def _filled(kind: type, value: dict[str, Any], place: str) -> Any:
    found: dict[str, Any] = {}
    for entry in _fields_of(kind):
        if entry.inline:
            if entry.required or any(name in value for name in _names_of(entry.part)):
                found[entry.name] = _filled(entry.part, value, place)
        elif entry.name in value:
            found[entry.name] = _read(entry.kind, value[entry.name], _below(place, entry.name))
        elif entry.required:
            raise DocumentError(f"{_below(place, entry.name)} is missing")
    return kind(**found)


def _read_one_of(members: tuple[Any, ...], value: Any, place: str) -> Any:
    """Read one of several dataclasses, told apart by the field that is a ``Literal`` in all of them."""
    if not isinstance(value, dict):
        raise _refused(place, value, "an object")
    choices = {
        choice: (entry.name, member)
        for member in members
        for entry in _fields_of(member)
        if get_origin(entry.kind) is Literal
        for choice in get_args(entry.kind)
    }
    name = next(iter(choices.values()))[0]
    chosen = value.get(name)
    if not isinstance(chosen, str) or chosen not in choices:
        raise _refused(_below(place, name), chosen, ", ".join(choices))
    return _read_object(choices[chosen][1], value, place)


def _read_tuple(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise _refused(place, value, "a list")
    if get_args(kind)[0] is int and _all_are(int, value):
        return tuple(value)
    return tuple(_read(get_args(kind)[0], entry, f"{place}[{i}]") for i, entry in enumerate(value))


def _read_dict(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise _refused(place, value, "an object")
    return {key: _read(get_args(kind)[1], entry, _below(place, key)) for key, entry in value.items()}


def _read_literal(kind: Any, value: Any, place: str) -> Any:
    if not any(value == choice and type(value) is type(choice) for choice in get_args(kind)):
        raise _refused(place, value, ", ".join(str(choice) for choice in get_args(kind)))
    return value


def _read_number(kind: Any, value: Any, place: str) -> Any:
    plain, bounds = get_args(kind)
    number = _read(plain, value, place)
    if (bounds.low is not None and number < bounds.low) or (bounds.high is not None and number > bounds.high):
        raise _refused(place, value, f"{_NAMES[plain]} {bounds}")
    return number


_READERS: dict[Any, Callable[[Any, Any, str], Any]] = {
    tuple: _read_tuple,
    dict: _read_dict,
    Literal: _read_literal,
    Annotated: _read_number,
}


def _below(place: str, key: str) -> str:
    name = printable(key, 80)
    return f"{place}.{name}" if place else name


def _refused(place: str, value: Any, allowed: str) -> DocumentError:
    return DocumentError(f"{place or 'it'} is {_shown(value)}; allowed: {allowed}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"'{printable(value, _SHOWN)}'" if isinstance(value, str) else json.dumps(value)
