# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The ``fusion-perception`` command: parse, import the one verb that was asked for, run it."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from fusion_perception import __version__
from fusion_perception.errors import FusionPerceptionError

VERBS: dict[str, str] = {
    "bench": "measure how fast models run here",
    "build": "make the TensorRT plans of a model for this machine",
    "compare": "train or load all methods under equal conditions; one table, one picture grid",
    "demo": "run replay, node and recorder for half a minute and write a report",
    "evaluate": "measure a model, or a folder of fused images, on a data set",
    "export": "write a trained checkpoint as one ONNX model, attribution inside",
    "info": "print what a model file says of itself",
    "train": "train a fusion and segmentation system by a recipe",
}
"""Verb -> one line of help. Each verb is a module of this folder with ``add_arguments`` and ``run``."""

EXIT_ERROR = 2
"""Exit code of an error that has an explanation; argparse uses the same."""

EXIT_INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        argv: arguments without the program name; ``sys.argv`` by default.

    Returns:
        The exit code: the verb's own, 2 after an error with an explanation, 130 after Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(arguments)
    namespace = parser.parse_args(arguments)
    try:
        return int(namespace.run(namespace))
    except FusionPerceptionError as error:
        print(f"fusion-perception {namespace.verb}: {_one_line(error)}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        print(f"fusion-perception {namespace.verb}: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone, as in `fusion-perception info MODEL | head`; nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; only the verb that is named gets its arguments, so the others are not imported."""
    parser = argparse.ArgumentParser(
        prog="fusion-perception",
        description="Thermal and RGB cameras in; one fused picture, one semantic mask and one attribution map out.",
    )
    parser.add_argument("--version", action="version", version=f"fusion_perception {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    for verb, text in VERBS.items():
        subparser = verbs.add_parser(verb, help=text, description=text[0].upper() + text[1:] + ".")
        if verb == named:
            module = importlib.import_module(f"fusion_perception.cli.{verb}")
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    return parser


def _one_line(error: FusionPerceptionError) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
