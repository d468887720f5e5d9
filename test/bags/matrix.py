# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The table of kinds of bags and verbs in docs/bags.md: ``python -m test.bags.matrix docs/bags.md`` writes it anew."""

import sys
from pathlib import Path

from fusion_perception.cli.main import main
from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.demo.replay.replay_source import open_source
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.ros.parameter_spec import defaults
from test.bags.kinds import KINDS
from test.demo.toy_model import write_toy_model
from test.kind_table import KindTable, unsolved

VERBS = ("bag-info", "process", "convert", "convert --to bag", "calibrate", "replay, demo")
START = "<!-- kinds of bags -->\n"
HEAD = f"| kind of bag | {' | '.join(VERBS)} | what is told |\n|{'---|' * (len(VERBS) + 2)}\n"

_WORKS = "works"
_MESSAGES = (  # the first one that is in a sentence counts
    "is Theora",
    "cannot tell the thermal from the RGB topic",
    "has the images of one camera alone",
    "has one camera only",
    "has no image topic that can be read",
    "is a bag of ROS 1 in format",
    "is encrypted",
    "has no topic of a type that is known",
    "is empty",
    "cannot be opened as a bag",
)


def outcome(text):
    """Return the message that a sentence is, in few words."""
    found = [message for message in _MESSAGES if message in text]
    assert found, text
    return f"“{found[0]}”"


def row(kind, folder, said):
    """Run every verb on a kind of bag.

    Args:
        kind: the kind.
        folder: an empty one.
        said: returns what was printed to standard error since it was called last.

    Returns:
        A line of the table.
    """
    bag = kind.make(folder / "made")
    model = write_toy_model(folder / "toy.onnx")
    options = []
    for name, value in (kind.options or {}).items():
        options += [f"--{name.replace('_', '-')}", str(value)]
    commands = {
        "bag-info": ["bag-info", bag],
        "process": ["process", bag, "--out", folder / "out", "--model", model, "--backend", "onnxruntime", "--no-film"],
        "convert": ["convert", bag, "--out", folder / "pairs"],
        "convert --to bag": ["convert", bag, "--to", "bag", "--out", folder / "new"],
        "calibrate": ["calibrate", "--data", bag, "--out", folder / "rig"],
    }
    cells = []
    for verb, command in commands.items():
        with unsolved():
            status = main([*map(str, command), *options])
        text = said()
        assert "Traceback" not in text
        assert status in {0, 2}, (verb, status, text)
        cells.append(_WORKS if status == 0 else outcome(text))
    cells.append(replayed(bag, kind))
    return f"| {kind.name} | {' | '.join(cells)} | {kind.told and '“… ' + kind.told + ' …”'} |\n"


def replayed(bag, kind):
    """Play a bag as replay_node and the demonstration do."""
    values = {**defaults(REPLAY_PARAMETERS), "source": str(bag)}
    values.update({f"bag_{name}": str(value) for name, value in (kind.options or {}).items()})
    try:
        pairs = len(list(open_source(values, lambda text: None)))
    except FusionPerceptionError as error:
        return outcome(str(error))
    assert pairs
    return _WORKS


TABLE = KindTable(START, HEAD, KINDS, row)

if __name__ == "__main__":
    TABLE.write(Path(sys.argv[1]))
