# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a parameter file of ``fusion_node`` says of the images: thermal gain, registration, offset of the clocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fusion_perception.errors import DataError, require
from fusion_perception.files.text_file import read_text
from fusion_perception.ros.fusion_settings import FusionSettings
from fusion_perception.ros.parameter_spec import ParameterError, defaults
from fusion_perception.ros.parameters import FUSION_PARAMETERS
from fusion_perception.text import printable

OFFSET = "sync.thermal_offset_ms"
"""The parameter that says how far the clocks are apart."""

_TAKEN = ("thermal.", "registration.", OFFSET)
_NODES = {"fusion_node", "**"}  # last part of the names of nodes that a file may be for
_PARAMETERS = "ros__parameters"
_DEPTH = 8  # of namespaces and groups in a file


def read_node_parameters(path: Path) -> dict[str, Any]:
    """Return the parameters of a file that matter without a node; others are left aside.

    Args:
        path: as ``calibrate`` writes it, or as it is given to ``fusion_node`` at launch.

    Raises:
        DataError: it cannot be read, or a value is not allowed.
        BackendError: the package that reads YAML is not installed.
    """
    yaml: Any = require("ruamel.yaml", "reading parameter files")
    try:
        document = yaml.YAML(typ="safe", pure=True).load(read_text(path))
        found = dict(_parameters(document))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # the library raises what its parser stumbled over
        raise DataError(f"{path} is no parameter file ({printable(error, 200)})") from error
    taken = {name: value for name, value in found.items() if name.startswith(_TAKEN)}
    if not taken:
        raise DataError(
            f"{path} says nothing of fusion_node's {', '.join(_TAKEN)}; give a file that calibrate has written, or the "
            "node's own parameter file"
        )
    try:
        node_settings(taken)
    except (ParameterError, TypeError, ValueError) as error:
        raise DataError(f"{path}: {error}") from error
    return taken


def node_settings(taken: Mapping[str, Any]) -> FusionSettings:
    """Return the settings of the node with some parameters changed.

    Raises:
        ParameterError: there is no such parameter, or its value is not allowed.
    """
    known = defaults(FUSION_PARAMETERS)
    unknown = sorted(set(taken) - set(known))
    if unknown:
        raise ParameterError(f"there is no parameter '{unknown[0]}'; allowed: {', '.join(known)}")
    return FusionSettings.from_values({**known, **taken})


def _parameters(document: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of the node, by their full names."""
    if not isinstance(document, Mapping) or depth > _DEPTH:
        return
    for key, value in document.items():
        if not isinstance(value, Mapping):
            continue
        if str(key).rpartition("/")[2] in _NODES and _PARAMETERS in value:
            yield from _flat(value[_PARAMETERS])
        else:
            yield from _parameters(value, depth + 1)


def _flat(values: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(values, Mapping) and depth <= _DEPTH:
        for key, value in values.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key), depth + 1)
    else:
        yield prefix, values
