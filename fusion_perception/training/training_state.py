# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The file from which training continues to the same result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fusion_perception.atomic_file import write_bytes
from fusion_perception.errors import ModelError, require

STATE_SCHEMA = 1
_KEY = "fusion_perception_training"


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
    """Write a state; a reader sees the old file or the new one, never half of it."""
    safetensors = require("safetensors.torch", "saving a training state")
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
    write_bytes(path, safetensors.save(tensors, metadata={_KEY: json.dumps(document)}))


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
    safe_open = require("safetensors", "loading a training state").safe_open
    if not path.is_file():
        raise ModelError(f"{path}: no training state to resume from; start without --resume")
    try:
        with safe_open(str(path), framework="pt") as file:
            document = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()} if with_tensors else {}  # noqa: SIM118
    except Exception as error:  # safetensors raises its own type for every kind of damage
        raise ModelError(f"{path}: not a readable training state ({error}); train anew without --resume") from error
    if not isinstance(document, dict) or not isinstance(document.get("record"), dict):
        raise ModelError(f"{path}: not a training state of fusion_perception; train anew without --resume")
    if document.get("schema_version", 0) > STATE_SCHEMA:
        raise ModelError(
            f"{path}: training state schema {document['schema_version']}, this package reads up to {STATE_SCHEMA}; "
            "update fusion_perception"
        )
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
