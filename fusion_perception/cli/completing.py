# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What a shell is told when it asks how a command line of this program could go on (by the package ``argcomplete``)."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ASKED = "_ARGCOMPLETE"
"""Variable by which the shell asks."""

_TOPICS = {"thermal_topic", "rgb_topic"}
_NUMBERS = {"DEG", "HZ", "M", "MS", "N", "S"}  # how the help calls them
_SOURCES = ("bag", "bags", "source", "data")
"""Arguments of the verbs that may be a bag, by the names under which they are parsed."""


def answer(make_parser: Callable[[Sequence[str]], argparse.ArgumentParser]) -> None:
    """Tell the shell what could come next, and end the process.

    Args:
        make_parser: returns the parser for the arguments that are there already.
    """
    try:
        argcomplete: Any = importlib.import_module("argcomplete")
    except ImportError:  # the shell was set up by another installation
        os._exit(1)
    line, point = os.environ.get("COMP_LINE", ""), os.environ.get("COMP_POINT", "")
    _, _, _, words, _ = argcomplete.split_line(line, int(point) if point.isdecimal() else len(line))
    parser = make_parser(words[1:])
    for action in _actions(parser):
        _equip(action, argcomplete)
    argcomplete.autocomplete(parser, always_complete_options=False)


def _actions(parser: argparse.ArgumentParser) -> Iterable[Any]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                yield from _actions(part)
        else:
            yield action


def _equip(action: Any, argcomplete: Any) -> None:
    """Say what completes an argument; by default its choices, or files."""
    if action.choices is not None:
        return
    if action.dest == "model":
        action.completer = _models_and_files(argcomplete.FilesCompleter())
    elif action.dest == "backend":
        action.completer = _backends
    elif action.dest in _TOPICS:
        action.completer = _topics
    elif action.metavar == "DIR":
        action.completer = argcomplete.DirectoriesCompleter()
    elif action.type in {int, float} or action.metavar in _NUMBERS:
        action.completer = argcomplete.SuppressCompleter()


def _models_and_files(files: Any) -> Callable[..., list[str]]:
    def complete(prefix: str, **rest: Any) -> list[str]:
        from fusion_perception.model_store import shipped_models

        return [*(name for name in shipped_models() if name.startswith(prefix)), *files(prefix, **rest)]

    return complete


def _backends(**_: Any) -> Sequence[str]:
    from fusion_perception.engine import BACKENDS

    return BACKENDS


def _topics(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Return the topics with images of the first bag that stands on the command line already."""
    from fusion_perception.bags.bag_reader import BagReader
    from fusion_perception.bags.image_messages import IMAGE_TYPES

    given = [value for name in _SOURCES for value in _listed(getattr(parsed_args, name, None))]
    try:
        with BagReader(Path(given[0])) as bag:
            return [name for name, topic in bag.topics.items() if topic.message_type in IMAGE_TYPES]
    except Exception:  # no bag, or a damaged one: there is nobody to tell it to
        return []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
