# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How fast a graph could be on a machine: every operation at the slower of its two limits.

Williams, Waterman, Patterson: Roofline, an insightful visual performance model for multicore
architectures, CACM 52(4), 2009; applied operation by operation and added up.
"""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.lab.bench.ceilings import Ceilings
from fusion_perception.lab.bench.operations import Operations


@dataclass(frozen=True)
class Roofline:
    """An estimate of the least time of one call.

    Attributes:
        total_ms: sum over the operations of the larger of both times.
        compute_ms: all operations at the measured rate.
        memory_ms: all bytes at the measured rate.
        memory_bound_share: part of ``total_ms`` in operations that wait for memory.
    """

    total_ms: float
    compute_ms: float
    memory_ms: float
    memory_bound_share: float


def estimate(operations: Operations, ceilings: Ceilings, precision: str) -> Roofline | None:
    """Return the estimate, or None if the rate of this precision was not measured.

    Args:
        operations: of the graph.
        ceilings: of the machine.
        precision: of the floating-point part; operations on 8-bit integers take the rate of ``int8``.
    """
    rates = ceilings.gflops
    floating = rates.get(precision, rates.get("fp32"))
    if precision == "int8":
        floating = rates.get("fp32")
    integer = rates.get("int8")
    if not floating or not ceilings.gbytes or (integer is None and any(n.integer for n in operations.nodes)):
        return None
    total = compute = memory = waiting = 0.0
    for node in operations.nodes:
        rate = integer if node.integer and integer else floating
        seconds, moving = node.flops / rate / 1e9, node.traffic / ceilings.gbytes / 1e9
        compute += seconds
        memory += moving
        total += max(seconds, moving)
        if moving > seconds:
            waiting += moving
    share = waiting / total if total else 0.0
    return Roofline(round(1e3 * total, 4), round(1e3 * compute, 4), round(1e3 * memory, 4), round(share, 3))
