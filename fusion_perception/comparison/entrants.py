# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes part: recipes trained under equal conditions, and whatever is loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fusion_perception.errors import DataError, ModelError
from fusion_perception.export.deployable import DeployConfig
from fusion_perception.export.export_model import export_model
from fusion_perception.nets.system import load_system
from fusion_perception.training.precision import Precision
from fusion_perception.training.recipes.base import RecipeOptions
from fusion_perception.training.recipes.table import get_recipe
from fusion_perception.training.session import SUMMARY, SessionOptions, chosen_device, read_json, run_recipe
from fusion_perception.training.trainer import BEST

Say = Callable[[str], None]

MULTIPLE = 32
"""Height and width of every exported graph are multiples of this."""


@dataclass(frozen=True)
class Entrant:
    """One method of a comparison.

    Attributes:
        name: what tables call it.
        source: ONNX model, or folder of fused images.
        networks: of the fuser and the segmenter: ``{"fuser": {"name", "parameters"}, "segmenter": ...}``; empty
            where the source does not say.
        training: what is known of its training: the summary of ``train``, or a model's own record.
    """

    name: str
    source: Path
    networks: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


def parse_loaded(texts: Sequence[str]) -> dict[str, Path]:
    """Read ``NAME=PATH`` arguments.

    Raises:
        DataError: a text of another form, a name given twice, or a path that does not exist.
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
    return loaded


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
    path = options.out / SUMMARY
    if path.is_file():
        summary = read_json(path)
        check_conditions(path, summary, options)
        say(f"{name}: trained before, {summary['steps']} steps in {summary['seconds'] / 60:.0f} min")
    else:
        summary = run_recipe(get_recipe(name), replace(options, resume=True), say)
    samples = sum(
        stage.steps * stage.batch
        for stage in get_recipe(name).stages(RecipeOptions(options.budget, faithful=options.faithful))
    )
    entrant = exported(name, options.out / BEST, options.out / f"{name}.onnx", size)
    return replace(entrant, training={**summary, "samples": samples})


def check_conditions(path: Path, summary: dict[str, Any], options: SessionOptions) -> None:
    """Raise DataError where a finished training was not made as ``options`` say."""
    wanted = {
        "budget": options.budget,
        "seed": options.seed,
        "faithful": options.faithful,
        "data": options.data.resolve().name if options.data is not None else "synthetic",
        "split": Path(options.split).name if options.split is not None else None,
        "precision": Precision(options.precision, chosen_device(options.device)).name,
    }
    for key, value in wanted.items():
        if summary.get(key) != value:
            raise DataError(
                f"{path}: trained with {key} = {summary.get(key)!r}, this comparison has {value!r}; "
                "compare with the same arguments, or name another folder with --out"
            )


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
        out.mkdir(parents=True, exist_ok=True)
        return exported(name, path, out / f"{name}.onnx", size)
    raise ModelError(f"{path}: neither a checkpoint (.safetensors), a model (.onnx) nor a folder of fused images")


def exported(name: str, checkpoint: Path, target: Path, size: tuple[int, int]) -> Entrant:
    """Write a checkpoint as an ONNX model without attribution, and count what its networks hold."""
    system, training = load_system(checkpoint)
    networks = {
        part: {"name": getattr(system.spec, part), "parameters": sum(p.numel() for p in module.parameters())}
        for part, module in (("fuser", system.fuser), ("segmenter", system.segmenter))
    }
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in size)
    config = DeployConfig(height=height, width=width, attribution_steps=0)
    export_model(system, config, target, name=name, training=training)
    return Entrant(name, target, networks, training)
