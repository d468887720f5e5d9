# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The ``fusion-perception`` command: parse, import the one verb that was asked for, run it."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from fusion_perception import __version__
from fusion_perception.cli.completing import ASKED, answer
from fusion_perception.cli.console import Console, ReaderGoneError
from fusion_perception.cli.fault import background_errors, write_fault
from fusion_perception.cli.numbers import check_numbers
from fusion_perception.explanation import explain
from fusion_perception.text import printable

VERBS: dict[str, str] = {
    "bag-info": "say what is in a bag, what can be paired, what is damaged, and what to run next",
    "bench": "measure how fast models run here",
    "build": "make the TensorRT plans of a model for this machine",
    "calibrate": "find the homography from thermal to RGB pixels in pairs of your rig",
    "compare": "train or load all methods under equal conditions; one table, one picture grid",
    "completion": "print the lines that let a shell complete verbs, options, models and topics",
    "convert": "make a bag of a folder of pairs, or a folder of pairs of a bag",
    "crossvalidate": "train a recipe fold by fold, and judge each pair by a network that has not seen it",
    "demo": "run replay, node and recorder for half a minute and write a report",
    "doctor": "say what is wrong on this machine, and the command that mends it",
    "evaluate": "measure a model, or a folder of fused images, on a data set",
    "export": "write a trained checkpoint as one ONNX model, attribution inside",
    "info": "print what a model file says of itself",
    "process": "run every pair of bags through the model, without a robot",
    "train": "train a fusion and segmentation system by a recipe",
}
"""Verb -> one line of help. Each verb is a module of this folder with ``EXAMPLES``, ``add_arguments`` and ``run``;
a dash in it is an underscore in the name of the module."""

EXIT_ERROR = 2
"""Exit code of an error that has an explanation; argparse uses the same."""

EXIT_FAULT = 70
"""Exit code of a fault of this program (EX_SOFTWARE of sysexits.h)."""

EXIT_INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect it: 128 and the number of the signal."""

EXIT_READER_GONE = 141
"""Exit code when nobody reads the output any more, as of a program that SIGPIPE ends."""


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_AGAIN_S = 1.5
"""Seconds after which a signal that got lost is raised again: libraries swallow it while they are imported."""


class _SignalError(KeyboardInterrupt):
    """A signal asks the process to end; whoever cleans up after Ctrl-C cleans up after this."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        argv: arguments without the program name; ``sys.argv`` by default.

    Returns:
        The exit code: the verb's own (0: done; demo: 1, no results); 2 after an error with an explanation; 70 after
        a fault of this program; 130 after Ctrl-C, 143 after SIGTERM; 141 when nobody reads the output any more.
    """
    with Console() as console, background_errors():
        try:
            if argv is None:
                _fill_streams()
                _catch_signals()
                if ASKED in os.environ:
                    answer(_parser)
            return _run(list(sys.argv[1:] if argv is None else argv), console)
        except KeyboardInterrupt as error:
            return _interrupted("", error)
        finally:
            if argv is None:
                _ignore_signals()


def _run(arguments: Sequence[str], console: Console) -> int:
    verb = ""
    try:
        try:
            parser = _parser(arguments)
            namespace = parser.parse_args(arguments)
            verb = namespace.verb
            check_numbers(namespace)
            return int(namespace.run(namespace))
        finally:
            console.flush()
    except ReaderGoneError:
        return EXIT_READER_GONE
    except KeyboardInterrupt as error:
        return _interrupted(verb, error)
    except Exception as error:
        sentence = explain(error)
        _complain(verb, sentence if sentence is not None else write_fault(error))
        return EXIT_ERROR if sentence is not None else EXIT_FAULT


def _complain(verb: str, sentence: str) -> None:
    print(f"{' '.join(('fusion-perception', verb)).strip()}: {sentence}", file=sys.stderr)


def _interrupted(verb: str, error: KeyboardInterrupt) -> int:
    signal.setitimer(signal.ITIMER_REAL, 0)
    number = error.number if isinstance(error, _SignalError) else signal.SIGINT
    _complain(verb, "interrupted" if number == signal.SIGINT else "terminated")
    return 128 + number


def _fill_streams() -> None:
    """Give the standard streams that are closed a place, so that no file of ours gets their number and their text."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _catch_signals() -> None:
    """Let SIGTERM and SIGHUP clean up like Ctrl-C, unless whoever started us wants them ignored."""
    for number in _SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGALRM, lambda *_: _end(number, None))
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
    raise _SignalError(number)


def _ignore_signals() -> None:
    """Ignore what would only make noise while Python ends."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class _Parser(argparse.ArgumentParser):
    """Shows what was given on the command line in printable characters, and examples as they are typed."""

    examples: Sequence[str] = ()
    color = False  # from Python 3.14 on, help has colours; the console lets no escape codes through

    def format_help(self) -> str:
        """Return the help, with the examples at its end."""
        lines = [f"  {example}\n" for example in self.examples]
        return "".join([super().format_help(), *(["\nexamples:\n"] if lines else []), *lines])

    def error(self, message: str) -> NoReturn:
        super().error(printable(message, 1000))


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; only the verb that is named gets its arguments, so the others are not imported."""
    parser = _Parser(
        prog="fusion-perception",
        description="Thermal and RGB cameras in; one fused picture, one semantic mask and one attribution map out.",
        epilog="exit codes: 0 done; 1 the demo gave no results, calibrate is not sure, doctor found something wrong; "
        "2 an error, which is explained; 70 a fault of this program; 130 Ctrl-C; 143 SIGTERM; 141 nobody reads "
        "the output",
    )
    parser.add_argument("--version", action="version", version=f"fusion_perception {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    for verb, text in VERBS.items():
        subparser = verbs.add_parser(verb, help=text, description=text[0].upper() + text[1:] + ".")
        if verb == named:
            module = importlib.import_module(f"fusion_perception.cli.{verb.replace('-', '_')}")
            module.add_arguments(subparser)
            subparser.examples = module.EXAMPLES
            subparser.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
