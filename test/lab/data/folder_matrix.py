# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The table in docs/folders.md, written by ``python -m test.lab.data.folder_matrix docs/folders.md``."""

import sys
from pathlib import Path

import torch

from fusion_perception.cli.main import main
from fusion_perception.demo.replay.replay_parameters import REPLAY_PARAMETERS
from fusion_perception.demo.replay.replay_source import open_source
from fusion_perception.demo.settings import DemoSettings, count_pairs
from fusion_perception.errors import FusionPerceptionError
from fusion_perception.lab.training.recipes.registry import get_recipe
from fusion_perception.lab.training.session.data import load_data
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.session.plan import plan_run
from fusion_perception.ros.parameter_spec import defaults
from test.demo.toy_model import write_toy_model
from test.kind_table import KindTable, unsolved
from test.lab.data.released import KINDS

VERBS = ("bag-info", "evaluate", "train", "calibrate", "process", "convert", "replay, demo")
START = "<!-- kinds of folders -->\n"
HEAD = f"| kind of folder | layout | {' | '.join(VERBS)} |\n|{'---|' * (len(VERBS) + 2)}\n"

_WORKS = "works"
_MESSAGES = (
    "nearest is",
    "none of the known layouts",
    "name one of them",
    "not a readable image",
    "label images are uint8 with one channel of ids",
)  # the first one in a sentence counts
_TOPICS = "fusion/mask"


def outcome(text):
    """Return the message that a sentence is, in few words."""
    found = [message for message in _MESSAGES if message in text]
    assert found, text
    return f"“… {found[0]} …”"


def row(kind, folder, said):
    """Run every verb on a kind of folder.

    Args:
        kind: the kind.
        folder: an empty one.
        said: returns what was printed to standard error since it was called last.

    Returns:
        A line of the table.
    """
    root = folder / "made"
    root.mkdir()
    data = kind.make(root)
    model = write_toy_model(folder / "toy.onnx")
    options = ["--model", model, "--backend", "onnxruntime", "--no-film", "--topics", _TOPICS, "--jobs", "1"]
    split = ["--split", kind.split] if kind.split else []
    commands = {
        "evaluate": ["evaluate", model, "--data", data, *split, "--workers", "1"],
        "process": ["process", data, "--out", folder / "out", *options],
        "convert": ["convert", data, "--out", folder / "bag"],
        "bag-info": ["bag-info", data],
        "calibrate": ["calibrate", "--data", data, *split, "--out", folder / "rig"],
    }
    cells = {}
    for verb, command in commands.items():
        with unsolved():
            status = main([*map(str, command)])
        text = said()
        assert "Traceback" not in text
        assert status in {0, 2}, (verb, status, text)
        cells[verb] = _WORKS if status == 0 else outcome(text)
    cells["train"] = _of(lambda: _trained(data, kind, folder / "run"))
    cells["replay, demo"] = _of(lambda: _replayed(data, kind))
    shown = f"`{kind.layout}`" if kind.layout else ""
    return f"| {kind.name} | {shown} | {' | '.join(cells[verb] for verb in VERBS)} |\n"


def _of(action):
    try:
        action()
    except FusionPerceptionError as error:
        return outcome(str(error))
    return _WORKS


def _trained(data, kind, out):
    """Do what training does with its data, up to the first step."""
    options = SessionOptions(out=out, data=data, split=kind.split, budget="smoke", synthetic=2, device="cpu")
    plan = plan_run(get_recipe("realtime"), options, torch.device("cpu"))
    loaded = load_data(plan, silent=True)
    assert loaded.train


def _replayed(data, kind):
    """Play a folder as replay_node and the demonstration do."""
    values = {**defaults(REPLAY_PARAMETERS), "source": str(data), "split": kind.split or ""}
    pairs = len(list(open_source(values, lambda text: None)))
    assert pairs == kind.pairs
    assert count_pairs(DemoSettings(source=str(data)), lambda text: None)


TABLE = KindTable(START, HEAD, KINDS, row)

if __name__ == "__main__":
    TABLE.write(Path(sys.argv[1]))
