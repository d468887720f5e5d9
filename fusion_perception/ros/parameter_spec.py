# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One parameter of a node: its name, default, what is allowed, what it means; and the values of a table of them.

Nothing here imports ROS, so that documentation and tests can read the tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fusion_perception.errors import FusionPerceptionError
from fusion_perception.ros.parameter_values import in_type_of

ON_CONFIGURE = "on configure"
"""When a parameter takes effect that is read when the node is configured."""


class ParameterError(FusionPerceptionError):
    """A parameter value that cannot be used."""


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter.

    Attributes:
        name: full name, groups separated by dots.
        default: default value; its type is the parameter's type.
        description: one sentence, with the unit.
        range: smallest and largest value of a number.
        choices: allowed values of a string.
        read_only: it is fixed when the node starts.
        applies: ``"at once"``, or ``"on configure"`` for what is read when the node is configured.
    """

    name: str
    default: bool | int | float | str | tuple[float, ...]
    description: str
    range: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False
    applies: str = "at once"

    @property
    def full_description(self) -> str:
        """The description, and when a change takes effect if that is not at once."""
        if self.read_only:
            return f"{self.description} Fixed at start."
        return self.description if self.applies == "at once" else f"{self.description} Read {self.applies}."

    def convert(self, value: Any) -> Any:
        """Return a value in the parameter's type: 50 is taken for 50.0.

        Raises:
            ParameterError: a value of another type.
        """
        try:
            return in_type_of(self.default, value)
        except ValueError as error:
            got = "empty" if value is None else repr(value)[:100]
            raise ParameterError(f"{self.name} is {got}; allowed: {error}") from None

    def check(self, value: Any) -> None:
        """Raise ParameterError unless the value, which has the parameter's type, is allowed."""
        numbers = value if isinstance(value, (tuple, list)) else (value,)
        if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
            raise ParameterError(f"{self.name} is {value}; allowed: finite numbers")
        if self.choices and value not in self.choices:
            raise ParameterError(f"{self.name} is '{value}'; allowed: {', '.join(self.choices)}")
        if self.range is not None and not self.range[0] <= value <= self.range[1]:
            raise ParameterError(f"{self.name} is {value}; allowed: {self.range[0]:g} to {self.range[1]:g}")


def checked(values: Mapping[str, Any], table: Sequence[ParameterSpec]) -> dict[str, Any]:
    """Return the values of all parameters of a table, each in its type.

    Raises:
        ParameterError: a value that is not allowed.
    """
    result = {spec.name: spec.convert(values[spec.name]) for spec in table}
    for spec in table:
        spec.check(result[spec.name])
    return result


def defaults(table: Sequence[ParameterSpec]) -> dict[str, Any]:
    """Return the default values of a table."""
    return {spec.name: spec.default for spec in table}
