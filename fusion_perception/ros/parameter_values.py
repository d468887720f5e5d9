# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Parameter values as people write them, in the type that the parameter has: 50 for 50.0, [1, 0] for [1.0, 0.0].

YAML, launch files and command lines tell whole numbers from decimal ones, and rclpy refuses one for the other.
Nothing here imports ROS.
"""

from __future__ import annotations

import json
from typing import Any

_LONGEST_LIST = 10_000  # characters; nine numbers need a few hundred

_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "a list of numbers"}


def in_type_of(default: bool | int | float | str | tuple[float, ...], value: Any) -> Any:
    """Return a value in the type of a default value, if that loses nothing.

    Args:
        default: says the type; a tuple stands for a list of decimal numbers.
        value: what came. A list may also be a text in JSON: ``ros2 param set`` sends ``[1, 0.5]``, which mixes whole
            and decimal numbers, as a text.

    Raises:
        ValueError: the value is of another type; the message is what is allowed.
    """
    kind = type(default)
    if isinstance(default, tuple):
        return tuple(_number(item) for item in _items(value))
    if kind is float:
        return _number(value)
    if kind is int and type(value) is float and value.is_integer():
        return int(value)
    if type(value) is not kind:
        raise ValueError(_NAMES[kind])
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):  # a bool is an int to Python
        raise ValueError(_NAMES[float])
    try:
        return float(value)
    except OverflowError:
        raise ValueError(_NAMES[float]) from None


def _items(value: Any) -> list[Any]:
    if isinstance(value, str) and len(value) <= _LONGEST_LIST:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError(_NAMES[tuple]) from None
    if value is None or isinstance(value, (str, bytes, dict)) or not hasattr(value, "__iter__"):
        raise ValueError(_NAMES[tuple])
    return list(value)
