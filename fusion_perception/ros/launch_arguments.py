# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Read and check the arguments of the launch file, before anything is started. Needs neither ROS nor launch.

An exception inside a launch file leaves processes behind that the same launch has started a moment before, those of an
including file too. So everything that can be wrong is found here first.
"""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from fusion_perception.errors import FusionPerceptionError

_TRUE = ("true", "yes", "on", "y", "1")
_FALSE = ("false", "no", "off", "n", "0")
_PARAMETERS, _MOST_NAMES = "ros__parameters", 8
_LEVELS = ("debug", "info", "warn", "error", "fatal")
_TOKEN = r"[A-Za-z_][A-Za-z0-9_]*"  # noqa: S105 - part of a ROS name
_TOPIC = re.compile(rf"(~?/)?{_TOKEN}(/{_TOKEN})*")
_NAMESPACE = re.compile(rf"/?{_TOKEN}(/{_TOKEN})*|/")
_COMPRESSED = ("/compressed", "/compressedDepth")

OF_LAUNCH = ("launch-prefix", "launch-prefix-filter", "emulate_tty", "sigterm_timeout", "sigkill_timeout")
"""Arguments that launch itself takes, in any launch file."""


class LaunchArgumentError(FusionPerceptionError):
    """Arguments of the launch file that cannot be used; the message names each with what is allowed."""


def text(value: str) -> str:
    """Take any text."""
    return value


def switch(value: str) -> bool:
    """Read a boolean in any spelling of YAML.

    Raises:
        ValueError: it is none.
    """
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("give true or false")


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a reader that accepts these words, in upper or lower case."""

    def read(value: str) -> str:
        for choice in choices:
            if value.strip().lower() == choice.lower():
                return choice
        raise ValueError(f"give one of {', '.join(repr(choice) for choice in choices)}{_nearest(value, choices)}")

    return read


def optional(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader that gives None for an empty text, else what ``read`` gives."""
    return lambda value: read(value) if value.strip() else None


def auto_or_switch(value: str) -> bool | None:
    """Read a boolean, or 'auto', which gives None.

    Raises:
        ValueError: it is neither.
    """
    if value.strip().lower() == "auto":
        return None
    try:
        return switch(value)
    except ValueError as error:
        raise ValueError(f"{error}, or auto") from None


def number(low: float, high: float = math.inf) -> Callable[[str], float]:
    """Return a reader of finite numbers from ``low`` to ``high``."""

    def read(value: str) -> float:
        try:
            result = float(value)
        except ValueError:
            result = math.nan
        if not (low <= result <= high and math.isfinite(result)):
            raise ValueError(f"give a number of {low:g} or more" if high == math.inf else f"give {low:g} to {high:g}")
        return result

    return read


def topic(value: str) -> str:
    """Read the name of a topic."""
    return _matching(_TOPIC, value.strip(), "give a topic name such as /camera/image_raw")


def namespace(value: str) -> str:
    """Read a namespace: empty, relative or absolute."""
    name = value.strip()
    name = name.rstrip("/") or name[:1]
    return name and _matching(_NAMESPACE, name, "give a namespace such as front or /robot/front")


def log_level(value: str) -> str:
    """Read a severity, or ``logger:=severity`` for one logger."""
    logger, separator, level = value.strip().rpartition(":=")
    return logger + separator + one_of(*_LEVELS)(level)


def existing_file(value: str) -> str:
    """Read the path of a file that exists; '~' is the home folder."""
    path = os.path.expanduser(value)  # noqa: PTH111 - Path.expanduser raises where a home is not known
    if not Path(path).is_file():
        raise ValueError(f"there is no such file (looked from {Path.cwd()})")
    return path


def parameter_file(value: str) -> str:
    """Read the path of a file with parameters of nodes; ROS passes over one without, and says nothing."""
    import yaml  # launch itself needs it

    path = existing_file(value)
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ValueError(f"it cannot be read as YAML: {error}") from None
    if not _has_parameters(document):
        raise ValueError(f"it has no {_PARAMETERS}; give a file such as 'fusion-perception calibrate' writes")
    return path


def _has_parameters(document: Any, depth: int = 0) -> bool:
    """Whether there are parameters of a node, below names of namespaces and nodes."""
    if not isinstance(document, dict) or depth > _MOST_NAMES:
        return False
    return _PARAMETERS in document or any(_has_parameters(item, depth + 1) for item in document.values())


def existing_path(value: str) -> str:
    """Read the path of a file or folder that exists; '~' is the home folder."""
    path = os.path.expanduser(value)  # noqa: PTH111
    if not Path(path).exists():
        raise ValueError(f"there is no such file or folder (looked from {Path.cwd()})")
    return path


def source(value: str) -> str:
    """Read what replay_node plays: 'synthetic', or a path that exists."""
    if value.strip().lower() == "synthetic":
        return "synthetic"
    try:
        return existing_path(value)
    except ValueError as error:
        raise ValueError(f"{error}; give 'synthetic', a folder with vi/ and ir/, or a bag") from None


@dataclass(frozen=True)
class Argument:
    """One argument of the launch file.

    Attributes:
        name: its name.
        default: its value when none is given.
        description: what it does, for ``--show-args``.
        read: gives the typed value; raises ValueError with what is allowed.
    """

    name: str
    default: str
    description: str
    read: Callable[[str], Any] = text


def read_arguments(arguments: Iterable[Argument], values: Mapping[str, str]) -> dict[str, Any]:
    """Give every argument its typed value.

    Args:
        arguments: the arguments of the launch file.
        values: a text for each of them.

    Raises:
        LaunchArgumentError: some cannot be used; the message names all of them.
    """
    typed: dict[str, Any] = {}
    wrong = []
    for argument in arguments:
        value = values[argument.name]
        try:
            typed[argument.name] = argument.read(value)
        except (ValueError, OSError) as error:  # OSError: a path too long, or in a folder that cannot be read
            wrong.append(f"{argument.name}:={value!r} cannot be used: {error}")
    if wrong:
        raise LaunchArgumentError("; ".join(wrong))
    _check_together(typed)
    return typed


def _check_together(typed: Mapping[str, Any]) -> None:
    """Refuse arguments that contradict each other."""
    if typed["respawn"] and typed["shutdown"]:
        raise LaunchArgumentError(
            "respawn:=true starts fusion_node again and shutdown:=true ends everything with it; give one of the two"
        )
    beside = [name for name in ("bag", "replay", "rviz", "respawn", "republish_compressed") if typed[name]]
    if typed["build_only"] and beside:
        raise LaunchArgumentError(
            f"build_only:=true builds and ends, so {beside[0]}:={typed[beside[0]]} has no use; leave one of the two out"
        )
    topics = [typed[name] for name in ("rgb_topic", "thermal_topic") if typed[name].endswith(_COMPRESSED)]
    if topics or typed["image_transport"] not in (None, "raw"):
        what = f"'{topics[0]}'" if topics else f"image_transport:={typed['image_transport']}"
        if typed["replay"]:
            raise LaunchArgumentError(f"replay publishes raw images, so {what} would receive none; leave it out")
        if typed["republish_compressed"]:
            raise LaunchArgumentError(
                f"with {what} the cameras send compressed images already; leave republish_compressed out"
            )


def unknown_arguments(given: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return one sentence for every argument that nobody will read; launch itself says nothing.

    Args:
        given: arguments of the command line, ``name:=value`` each.
        known: names of the launch file's arguments.
    """
    names = [word.partition(":=")[0] for word in given if ":=" in word]
    return [
        f"there is no launch argument '{name}'{_nearest(name, known)}; '--show-args' lists them all"
        for name in names
        if name not in known and name not in OF_LAUNCH
    ]


def started_alone(command: Sequence[str], launch_file: Path, package: str) -> bool:
    """Whether ``ros2 launch`` was given this very launch file, so that no other file includes it.

    Args:
        command: command line of this process.
        launch_file: path of the launch file.
        package: the package that it comes with.
    """
    words = [word for word in command[1:] if ":=" not in word and not word.startswith("-")]
    by_name = any(pair == (package, launch_file.name) for pair in pairwise(words))
    return by_name or any(_is_file(word, launch_file) for word in words)


def _is_file(word: str, file: Path) -> bool:
    try:
        return Path(word).samefile(file)
    except OSError:
        return False


def _matching(pattern: re.Pattern[str], value: str, advice: str) -> str:
    if not pattern.fullmatch(value) or "__" in value:
        raise ValueError(f"{advice}: letters, digits and single '_', no part that begins with a digit")
    return value


def _nearest(word: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, [choice for choice in choices if choice], n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
