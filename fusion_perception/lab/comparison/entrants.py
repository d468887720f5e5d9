# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes part: recipes trained under equal conditions, and whatever is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fusion_perception.errors import DataError, ModelError
from fusion_perception.lab.comparison.document import NetworkInfo
from fusion_perception.lab.evaluation.methods import BASELINES
from fusion_perception.lab.export.deployable import DeployConfig
from fusion_perception.lab.export.export_model import export_model
from fusion_perception.lab.nets.system import load_system
from fusion_perception.lab.training.recipes.registry import get_recipe
from fusion_perception.lab.training.session.finished import train_once
from fusion_perception.lab.training.session.options import SessionOptions
from fusion_perception.lab.training.session.run import Say
from fusion_perception.lab.training.trainer import BEST
from fusion_perception.lab.training.training_summary import TRAINING

MULTIPLE = 32
"""Height and width of every exported graph are multiples of this."""


@dataclass(frozen=True)
class Entrant:
    """One method of a comparison.

    Attributes:
        name: what tables call it.
        source: ONNX model, or folder of fused images.
        networks: ``fuser`` and ``segmenter``; empty where the source does not say.
        training: what is known of its training: the summary of ``train``, or a model's own record.
    """

    name: str
    source: Path
    networks: dict[str, NetworkInfo] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


def parse_loaded(texts: Sequence[str]) -> dict[str, Path]:
    """Read ``NAME=PATH`` arguments.

    Raises:
        DataError: a text of another form, a name given twice or that of a baseline, or a path that does not exist.
    """
    loaded: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise DataError(f"--load '{text}'; allowed: NAME=PATH, PATH a checkpoint, an ONNX model or a folder")
        if name in loaded:
            raise DataError(f"--load names '{name}' twice; give each method once")
        if not Path(path).exists():
            raise DataError(f"--load {name}: {path} does not exist")
        loaded[name] = Path(path)
    check_names(loaded)
    return loaded


def check_names(names: Iterable[str]) -> None:
    """Raise DataError where a method has the name of a baseline, which takes part in every comparison."""
    taken = [name for name in names if name in BASELINES]
    if taken:
        raise DataError(f"a method cannot be called '{taken[0]}': that is a baseline's row; load it by another name")


def train_entrant(name: str, options: SessionOptions, size: tuple[int, int], say: Say) -> Entrant:
    """Train a recipe, or take over what an earlier run of the same kind left in the output folder.

    An interrupted training is continued.

    Args:
        name: of the recipe.
        options: how to train; ``out`` is the folder of this recipe.
        size: (height, width) of the exported graph.
        say: writes a line for the user.

    Raises:
        DataError: the folder holds a training under other conditions.
    """
    summary = train_once(get_recipe(name), options, say)
    entrant = exported(name, options.out / BEST, options.out / f"{name}.onnx", size)
    return replace(entrant, training=TRAINING.write(summary))


def load_entrant(name: str, path: Path, out: Path, size: tuple[int, int]) -> Entrant:
    """Take part with a checkpoint, an ONNX model or a folder of fused images.

    Args:
        name: for the tables.
        path: what to load.
        out: folder for the exported graph of a checkpoint.
        size: (height, width) of that graph.

    Raises:
        ModelError: another kind of file.
    """
    if path.is_dir() or path.suffix == ".onnx":
        return Entrant(name, path)
    if path.suffix == ".safetensors":
        return exported(name, path, out / f"{name}.onnx", size)
    raise ModelError(f"{path}: neither a checkpoint (.safetensors), a model (.onnx) nor a folder of fused images")


def exported(name: str, checkpoint: Path, target: Path, size: tuple[int, int]) -> Entrant:
    """Write a checkpoint as an ONNX model without attribution, and count what its networks hold."""
    system, training = load_system(checkpoint)
    networks = {
        part: NetworkInfo(getattr(system.spec, part), sum(p.numel() for p in module.parameters()))
        for part, module in (("fuser", system.fuser), ("segmenter", system.segmenter))
    }
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in size)
    config = DeployConfig(height=height, width=width, attribution_steps=0)
    export_model(system, config, target, name=name, training=training)
    return Entrant(name, target, networks, training)
