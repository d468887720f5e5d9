# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The file from which training continues to the same result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fusion_perception.errors import ModelError
from fusion_perception.lab.nets.tensor_file import Kind, read_tensors, write_tensors

STATE_SCHEMA = 2
"""Highest schema that is written and read; files of schema 1 have no checksum."""

_STATE = Kind("fusion_perception_training", "a training state", "train anew without --resume")


@dataclass(frozen=True)
class TrainingState:
    """All that decides how training goes on.

    Attributes:
        networks: every network that is trained, and the average of the system.
        optimisers: every optimiser.
        record: JSON document: the step, the state of strategy and balancers, the best score so far, and
            what run this is.
    """

    networks: Mapping[str, nn.Module]
    optimisers: Mapping[str, torch.optim.Optimizer]
    record: dict[str, Any]


def save_state(path: Path, state: TrainingState) -> None:
    """Write a state; a reader sees the old file or the new one, never half of it.

    Raises:
        ModelError: the record holds a number that is not finite: the training went astray.
        DataError: the file cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    for name, network in state.networks.items():
        for key, value in network.state_dict().items():
            # Copies: safetensors refuses tensors that share memory, such as those of a layer used twice.
            tensors[f"network/{name}/{key}"] = value.detach().cpu().contiguous().clone()
    scalars: dict[str, Any] = {}
    for name, optimiser in state.optimisers.items():
        for index, values in optimiser.state_dict()["state"].items():
            for key, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser/{name}/{index}/{key}"] = value.detach().cpu().contiguous().clone()
                else:
                    scalars[f"optimiser/{name}/{index}/{key}"] = value
    document = {"schema_version": STATE_SCHEMA, "record": state.record, "scalars": scalars}
    write_tensors(path, _STATE, document, tensors)


def read_record(path: Path) -> dict[str, Any]:
    """Return the record of a state file without loading its tensors; raises ModelError."""
    return dict(_open(path)[0]["record"])


def load_state(path: Path, networks: Mapping[str, nn.Module], optimisers: Mapping[str, torch.optim.Optimizer]) -> None:
    """Put a state into networks and optimisers built the same way as when it was saved.

    Raises:
        ModelError: the file is damaged, foreign, too new, or of other networks.
    """
    document, tensors = _open(path, with_tensors=True)
    try:
        for name, network in networks.items():
            prefix = f"network/{name}/"
            network.load_state_dict({k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)})
        for name, optimiser in optimisers.items():
            _restore(optimiser, f"optimiser/{name}/", {**document["scalars"], **tensors})
    except (KeyError, ValueError, RuntimeError, IndexError) as error:
        raise ModelError(
            f"{path}: does not fit the networks of this recipe ({error}); train anew without --resume"
        ) from error


def _open(path: Path, with_tensors: bool = False) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise ModelError(f"{path}: no training state to resume from; start without --resume")
    document, tensors = read_tensors(path, _STATE, STATE_SCHEMA, with_tensors=with_tensors)
    if not isinstance(document.get("record"), dict) or not isinstance(document.get("scalars"), dict):
        raise ModelError(f"{path}: not a training state of fusion_perception; train anew without --resume")
    return document, tensors


def _restore(optimiser: torch.optim.Optimizer, prefix: str, values: Mapping[str, Any]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, value in values.items():
        if name.startswith(prefix):
            number, key = name[len(prefix) :].split("/")
            state.setdefault(int(number), {})[key] = value
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    for index, entries in state.items():
        for key, value in entries.items():
            if isinstance(value, Tensor) and value.shape == parameters[index].shape and value.dim():
                # The memory layout of the parameter, so that sums run in the same order as before.
                entries[key] = torch.empty_like(parameters[index]).copy_(value)
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
