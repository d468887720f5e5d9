# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import argparse
import importlib

import pytest

from fusion_perception.cli.main import EXIT_ERROR, VERBS, main
from fusion_perception.cli.numbers import _RANGES, check_numbers
from fusion_perception.errors import DataError


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("bench x --threads 1000000000000", "--threads 1000000000000; allowed: 0 to 1,024"),
        ("bench x --device-id -1", "--device-id -1; allowed: 0 to 1,023"),
        ("bench x --seconds nan", "--seconds nan; allowed: 0.001 to 3,600"),
        ("evaluate max --data x --limit -1", "--limit -1"),
        ("evaluate max --data x --workers 0", "--workers 0; allowed: 1 to 256"),
        ("export x --out y --height 0", "--height 0"),
        ("export x --out y --width 1000000", "--width 1000000; allowed: 1 to 16,384"),
        ("train realtime --seed 99999999999999999999999", "--seed 99999999999999999999999"),
        ("train realtime --held-out inf", "--held-out inf; allowed: 0 to 0.5"),
        ("train realtime --threads 0", "--threads 0; leave it out"),
        ("compare --data x --rows 0", "--rows 0"),
        ("build x --parity-pairs -1", "--parity-pairs -1"),
    ],
)
def test_numbers_out_of_range(command, says, capsys):
    if command.split()[0] in {"compare", "export", "train"}:
        pytest.importorskip("torch", reason="the verb needs it")
    assert main(command.split()) == EXIT_ERROR
    line = capsys.readouterr().err
    assert says in line and line.count("\n") == 1


def test_every_number_of_every_verb_has_a_range():
    # The demonstration's own numbers are judged by the parser.
    for verb in set(VERBS) - {"demo"}:
        if verb in {"compare", "export", "train"}:
            pytest.importorskip("torch", reason="the verb needs it")
        parser = argparse.ArgumentParser()
        importlib.import_module(f"fusion_perception.cli.{verb.replace('-', '_')}").add_arguments(parser)
        for action in parser._actions:
            if action.type in (int, float) and action.choices is None:
                assert action.dest in _RANGES, f"{verb} --{action.dest}"
                if action.default is not None:
                    check_numbers(argparse.Namespace(**{action.dest: action.default}))


def test_the_ends_are_allowed():
    for name, (least, most) in _RANGES.items():
        for value in (least, most):
            check_numbers(argparse.Namespace(**{name: value}))
        with pytest.raises(DataError, match="allowed: "):
            check_numbers(argparse.Namespace(**{name: most + 1}))
