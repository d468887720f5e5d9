# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A measured latency for every operation of a search space."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn


def measure_latency(
    operations: Sequence[nn.Module],
    inputs: Sequence[Tensor],
    repeats: int = 15,
) -> list[float]:
    """Return the shortest time of each operation in ms, forward pass alone, eval mode.

    Operations take turns, so that a busy moment of the machine does not fall on one of them alone; the shortest
    time is what other processes disturb least.

    Args:
        operations: modules of one input.
        inputs: one input for each, on the operation's device.
        repeats: measurements of each.
    """
    times: list[list[float]] = [[] for _ in operations]
    with torch.no_grad():
        for repeat in range(repeats + 2):  # two rounds to warm up
            for k, (operation, x) in enumerate(zip(operations, inputs, strict=True)):
                operation.eval()
                _wait(x)
                start = time.perf_counter()
                operation(x)
                _wait(x)
                if repeat >= 2:
                    times[k].append(1e3 * (time.perf_counter() - start))
    return [min(t) for t in times]


def _wait(x: Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize(x.device)
