# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Commands of this program in the documents can be typed: verbs, options and choices are there."""

import re
import shlex
from pathlib import Path

import pytest

from fusion_perception.cli.main import VERBS, _parser
from fusion_perception.cli.numbers import check_numbers

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "models").glob("*.md"),
]
_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|[\s/])fusion-perception ([a-z].*)")


def typed(text: str) -> list[str]:
    """Commands in the blocks of a document: their arguments, without what belongs to the shell."""
    lines = "".join(_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    return [match[1] for line in lines if (match := _COMMAND.search(line))]


def mentioned(text: str) -> list[str]:
    """Commands between backticks; some are mentioned by their names alone."""
    prose = _BLOCK.sub("", text)
    quoted = (" ".join(words.split()) for words in re.findall(r"`([^`]+)`", prose))
    return [match[1] for words in quoted if (match := _COMMAND.match(words))]


def arguments_of(command: str) -> list[str]:
    words = shlex.split(command, comments=True)
    ends = [k for k, word in enumerate(words) if word.startswith((">", "|", "&", ";"))]
    return words[: min(ends, default=len(words))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_the_documents_are_understood(document, capsys):
    text = document.read_text(encoding="utf-8")
    for command in typed(text):
        arguments = arguments_of(command)
        try:
            check_numbers(_parser(arguments).parse_args(arguments))
        except SystemExit:
            pytest.fail(f"{document.name}: fusion-perception {command}: {capsys.readouterr().err}")
    for command in mentioned(text):
        arguments = arguments_of(command)
        if arguments[0] not in VERBS:
            pytest.fail(f"{document.name} names the verb {arguments[0]}")
        try:
            _parser(arguments).parse_args(arguments)
        except SystemExit:
            said = capsys.readouterr().err
            wrong = ("unrecognized arguments", "invalid choice", "ambiguous option")
            assert not any(words in said for words in wrong), f"{document.name}: {command}: {said}"


def test_commands_are_found():
    text = (
        "```\n.venv/bin/fusion-perception info realtime  # so\nfusion-perception train \\\n  realtime\n```\n"
        "`fusion-perception\ndemo`\n"
    )
    assert typed(text) == ["info realtime  # so", "train    realtime"]
    assert mentioned(text) == ["demo"]
    assert arguments_of("info realtime  # so") == ["info", "realtime"]
    assert arguments_of("completion bash >> ~/.bashrc") == ["completion", "bash"]
    assert sum(len(typed(document.read_text(encoding="utf-8"))) for document in DOCUMENTS) > 20
