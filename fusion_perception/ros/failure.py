# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Why something failed, in one sentence for the user."""

from __future__ import annotations

from fusion_perception.errors import FusionPerceptionError
from fusion_perception.text import printable


def describe(error: BaseException) -> str:
    """Return the text of an error; one that was not meant for users comes with the name of its class."""
    from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException

    text = str(error)
    if isinstance(error, (FusionPerceptionError, InvalidParameterTypeException, InvalidParameterValueException)):
        return text
    return f"{type(error).__name__}: {printable(text, 2000)}"
