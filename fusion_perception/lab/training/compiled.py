# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Networks compiled by ``torch.compile`` for the time of a training."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from fusion_perception.errors import BackendError
from fusion_perception.lab.nets.system import System


def check_compiler(device: torch.device) -> None:
    """Compile something small.

    Raises:
        BackendError: that does not work here, for want of a C++ compiler or of Triton.
    """
    try:
        torch.compile(_small)(torch.ones(4, device=device))
    except Exception as error:  # any layer of the compiler may fail, with errors of its own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BackendError(
            f"torch.compile does not work here ({reason}); install a C++ compiler (on a GPU: Triton), "
            "or leave --compile out"
        ) from error


def compile_networks(networks: Iterable[nn.Module], backend: str = "inductor") -> None:
    """Compile networks in place: their parameters, and the names of these in files, stay as they are.

    Copies of a network are not compiled. Of a system, fuser and segmenter are compiled, and where the segmenter has
    them its ``states``, and ``both_and_alone``, by which it is trained.

    Args:
        networks: that are trained.
        backend: of ``torch.compile``.
    """
    for network in networks:
        parts = (network.fuser, network.segmenter) if isinstance(network, System) else (network,)
        for part in parts:
            part.compile(backend=backend)
            if getattr(part, "has_states", False):
                for name in ("states", "both_and_alone"):
                    setattr(part, name, torch.compile(getattr(part, name), backend=backend))


def _small(x: torch.Tensor) -> torch.Tensor:
    return (x * 2 + 1).sum()
