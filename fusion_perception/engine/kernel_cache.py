# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Kernels that TensorRT-RTX has compiled for a plan on one card, in a file beside the plan.

They only make loading fast: whatever is wrong with the file, the kernels are compiled again. As with plans, a checksum
finds damage, and the folder has to be as private as the program.
"""

from __future__ import annotations

import hashlib

from fusion_perception.engine.plan_cache import Plan
from fusion_perception.engine.sealed_file import read_sealed, write_sealed
from fusion_perception.errors import ModelError

KERNEL_MAGIC = b"FPKERN\r\n"


class KernelCache:
    """The file of one plan on one card.

    Args:
        plan: whose kernels they are; the file lies beside it.
        gpu: name of the card.
        sm: its compute capability.
    """

    def __init__(self, plan: Plan, gpu: str, sm: str) -> None:
        self._header = {"library": plan.identity.library, "version": plan.identity.tensorrt, "gpu": gpu, "sm": sm}
        card = hashlib.sha256(repr((gpu, sm)).encode()).hexdigest()[:8]
        # By identity, not by name: the plan that is on trial before it gets its name fills the same file.
        self.path = plan.path.with_name(f"{plan.identity.key()}-{card}.kernels")

    def load(self) -> bytes:
        """Return the kernels; empty if there are none, or none of this card and library, or the file is damaged."""
        try:
            sealed = read_sealed(self.path, KERNEL_MAGIC, what="file of kernels", again="it is written again")
        except ModelError:
            return b""
        return bytes(sealed.body) if sealed.header == self._header else b""

    def save(self, kernels: bytes) -> None:
        """Write them, atomically; ModelError if the folder cannot be written."""
        write_sealed(self.path, KERNEL_MAGIC, self._header, kernels)
