# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Several camera rigs in one launch: their names, and what each has of its own. Needs neither ROS nor launch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusion_perception.ros.launch_arguments import Argument, LaunchArgumentError, namespace, read_arguments

OF_ONE_RIG = ("namespace", "build_only", "bag", "bag_rate", "bag_loop")
"""Arguments of ``fusion.launch.py`` that make no sense for all rigs at once."""

_TOPICS = ("rgb_topic", "rgb_info_topic", "thermal_topic", "thermal_info_topic")
_ADVICE = "give names with commas between them (front,rear), or a YAML file with a mapping of arguments for each name"


def read_rigs(value: str) -> dict[str, dict[str, str]]:
    """Read names with commas between them, or a YAML file: rig -> its own arguments.

    Raises:
        ValueError: no names, a name twice or one that is no namespace, or a file that holds something else.
    """
    path = Path(os.path.expanduser(value.strip()))  # noqa: PTH111 - Path.expanduser raises where a home is not known
    if path.suffix in (".yaml", ".yml"):
        return _read_file(path)
    names = [name.strip() for name in value.split(",") if name.strip()]
    if not names:
        raise ValueError(_ADVICE)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"there are two rigs '{twice}'; {_ADVICE}")
    return {namespace(name): {} for name in names}


def arguments_of_rigs(
    rigs: Mapping[str, Mapping[str, str]], arguments: Sequence[Argument], shared: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return the arguments of ``fusion.launch.py`` for each rig: its own before the shared ones before the defaults.

    Args:
        rigs: rig -> its own arguments.
        arguments: those of ``fusion.launch.py``.
        shared: those given for all rigs.

    Raises:
        LaunchArgumentError: one does not exist or cannot be used, or two rigs would hear the same cameras.
    """
    defaults = {argument.name: argument.default for argument in arguments}
    of_each: dict[str, dict[str, str]] = {}
    for rig, own in rigs.items():
        unknown = [name for name in own if name not in defaults or name in ("namespace", "build_only")]
        if unknown:
            allowed = ", ".join(name for name in defaults if name not in ("namespace", "build_only"))
            raise LaunchArgumentError(f"rig '{rig}' has no argument '{unknown[0]}'; allowed: {allowed}")
        values = {**defaults, **shared, **own, "namespace": rig}
        values["hardware_id"] = values["hardware_id"] or rig
        try:
            read_arguments(arguments, values)
        except LaunchArgumentError as error:
            raise LaunchArgumentError(f"rig '{rig}': {error}") from None
        of_each[rig] = values
    _check_topics(of_each)
    return of_each


def _check_topics(of_each: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse one absolute topic for several rigs: each would show the same cameras."""
    for name in _TOPICS:
        absolute = [values[name] for values in of_each.values() if values[name].startswith("/")]
        twice = next((topic for topic in absolute if absolute.count(topic) > 1), None)
        if twice is not None:
            raise LaunchArgumentError(
                f"{name}:={twice} is the same for several rigs; give a name without '/' in front, which is looked up "
                "in the namespace of each rig, or a name for each rig in the file of rigs"
            )


def _read_file(path: Path) -> dict[str, dict[str, str]]:
    import yaml  # launch itself needs it

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no such file (looked from {Path.cwd()})") from None
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ValueError(f"'{path}' cannot be read as YAML: {error}; {_ADVICE}") from None
    if not isinstance(found, dict) or not found:
        raise ValueError(f"'{path}' names no rig; {_ADVICE}")
    rigs: dict[str, dict[str, str]] = {}
    for name, own in found.items():
        if not isinstance(name, str) or not isinstance(own, dict | None):
            raise ValueError(f"rig '{name}' in '{path}' is no mapping of arguments; {_ADVICE}")
        rigs[namespace(name)] = {str(key): _text(value) for key, value in (own or {}).items()}
    return rigs


def _text(value: Any) -> str:
    """Return a value of YAML as launch has it on its command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(f"{value!r} is no value of an argument; give a text, a number, true or false")
