# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""``fusion-perception completion SHELL``: what a shell has to read once, to complete this command."""

from __future__ import annotations

import argparse

from fusion_perception.errors import BackendError, require

EXAMPLES = (
    "fusion-perception completion bash >> ~/.bashrc",
    "fusion-perception completion zsh >> ~/.zshrc",
    "fusion-perception completion fish > ~/.config/fish/completions/fusion-perception.fish",
)
"""Commands at the end of the help of this verb."""

SHELLS = ("bash", "zsh", "fish")

_PROGRAM = "fusion-perception"
_ZSH = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"  # what comes after needs it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this verb."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"one of: {', '.join(SHELLS)}")


def run(arguments: argparse.Namespace) -> int:
    """Print the lines for a shell."""
    library = require("argcomplete", "shell completion")
    if not hasattr(library, "shellcode"):
        raise BackendError(
            "the installed argcomplete is too old to write code for shells; pip install 'fusion_perception[completion]'"
        )
    code = library.shellcode([_PROGRAM], shell=arguments.shell)
    print((_ZSH if arguments.shell == "zsh" else "") + code.strip("\n"))
    return 0
