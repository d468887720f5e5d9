# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of a table on an rclpy node: declared with all that the table says, read back and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fusion_perception.ros.parameter_spec import ParameterError, ParameterSpec, checked


def declare(node: Any, table: Sequence[ParameterSpec]) -> None:
    """Declare every parameter of a table on an rclpy node, with description, range and read-only flag.

    A whole number is taken where a decimal one is declared, at start and whenever a parameter is set.
    """
    from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

    convert_first = getattr(node, "add_pre_set_parameters_callback", None)  # from ROS 2 Iron on
    if convert_first is not None:
        convert_first(lambda parameters: [_converted(table, item) for item in parameters])
    for spec in table:
        descriptor = ParameterDescriptor(description=spec.full_description, read_only=spec.read_only)
        if spec.choices:
            descriptor.additional_constraints = "one of: " + ", ".join(spec.choices)
        if spec.range is not None:
            low, high = spec.range
            if isinstance(spec.default, float):
                descriptor.floating_point_range = [FloatingPointRange(from_value=float(low), to_value=float(high))]
            else:
                descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=1)]
        # Without that callback rclpy has to take every type; what is read is converted and checked all the same.
        descriptor.dynamic_typing = convert_first is None
        default = list(spec.default) if isinstance(spec.default, tuple) else spec.default
        _declare_one(node, spec, default, descriptor)


def _declare_one(node: Any, spec: ParameterSpec, default: Any, descriptor: Any) -> None:
    from rcl_interfaces.msg import ParameterDescriptor
    from rclpy.exceptions import InvalidParameterTypeException

    try:
        node.declare_parameter(spec.name, default, descriptor)
    except InvalidParameterTypeException:
        # The value given at start is of another type. A declaration that takes any type shows it.
        given = node.declare_parameter(spec.name, default, ParameterDescriptor(dynamic_typing=True))
        node.undeclare_parameter(spec.name)
        value = spec.convert(given.value)
        node.declare_parameter(
            spec.name, list(value) if isinstance(value, tuple) else value, descriptor, ignore_override=True
        )


def _converted(table: Sequence[ParameterSpec], parameter: Any) -> Any:
    """Return a parameter that is to be set in its declared type; as it is where that fails: rclpy then refuses it."""
    from rclpy.parameter import Parameter

    for spec in table:
        if spec.name == parameter.name:
            try:
                value = spec.convert(parameter.value)
            except ParameterError:
                return parameter
            if isinstance(value, tuple):
                return Parameter(parameter.name, Parameter.Type.DOUBLE_ARRAY, list(value))
            return Parameter(parameter.name, value=value)
    return parameter


def read(node: Any, table: Sequence[ParameterSpec]) -> dict[str, Any]:
    """Return the values of all parameters of a table, checked one by one.

    Raises:
        ParameterError: a value that is not allowed.
    """
    # An empty list leaves a parameter without a value: get_parameter would raise.
    return checked({spec.name: node.get_parameter_or(spec.name).value for spec in table}, table)
