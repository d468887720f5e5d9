# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes that train one network, each on its own device and its own share of the batch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch import distributed as dist

from fusion_perception.errors import BackendError


@dataclass(frozen=True)
class Processes:
    """The processes of a run.

    Attributes:
        rank: index of this process.
        count: number of processes.
        local_rank: index of this process on its machine, which is also its GPU.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def main(self) -> bool:
        """Whether this process writes files and talks."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """Wrap a module whose ``backward`` shall average gradients (DistributedDataParallel)."""
        if self.count == 1:
            return module
        device = next(module.parameters()).device
        # Unused parameters are looked for: a stage may leave a network out, a random step a branch.
        return nn.parallel.DistributedDataParallel(
            module, device_ids=[device.index] if device.type == "cuda" else None, find_unused_parameters=True
        )

    def average(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Average tensors over the processes; for gradients from ``autograd.grad``, which no hook sees."""
        if self.count == 1:
            return list(tensors)
        flat = torch.cat([t.reshape(-1) for t in tensors])
        dist.all_reduce(flat)
        parts = (flat / self.count).split([t.numel() for t in tensors])
        return [part.view(t.shape) for part, t in zip(parts, tensors, strict=True)]

    def average_terms(self, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Average named scalars over the processes."""
        if self.count == 1:
            return dict(terms)
        return dict(zip(terms, self.average(list(terms.values())), strict=True))

    def average_buffers(self, module: nn.Module) -> None:
        """Average running statistics, so that all processes evaluate the same network."""
        buffers = [b for b in module.buffers() if b.dtype.is_floating_point]
        if self.count > 1 and buffers:
            with torch.no_grad():
                for buffer, mean in zip(buffers, self.average(buffers), strict=True):
                    buffer.copy_(mean)

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            dist.barrier()


ALONE = Processes()
"""One process."""


@contextmanager
def open_processes(device: str) -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started; one process without it.

    Args:
        device: ``"cpu"`` or ``"cuda"``.

    Raises:
        BackendError: fewer GPUs than processes on this machine.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    processes = Processes(int(os.environ["RANK"]), count, int(os.environ.get("LOCAL_RANK", "0")))
    on_gpu = torch.device(device).type == "cuda"
    if on_gpu:
        if processes.local_rank >= torch.cuda.device_count():
            raise BackendError(
                f"process {processes.local_rank} found {torch.cuda.device_count()} GPUs; "
                "start torchrun with --nproc-per-node at most the number of GPUs"
            )
        torch.cuda.set_device(processes.local_rank)
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield processes
    finally:
        dist.destroy_process_group()
