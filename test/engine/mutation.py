# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Damage for files: flipped bits, cuts, parts put in twice or elsewhere, numbers spelled otherwise."""

from __future__ import annotations

import numpy as np


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the file with one to three injuries."""
    damaged = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        _injure(damaged, rng)
    return bytes(damaged)


def _injure(data: bytearray, rng: np.random.Generator) -> None:
    size = len(data)
    if size < 2:
        return
    at = int(rng.integers(size))
    length = int(rng.integers(1, 64))
    kind = rng.integers(8)
    if kind == 0:
        data[at] ^= 1 << rng.integers(8)
    elif kind == 1:
        data[at] = rng.integers(256)
    elif kind == 2:
        del data[at:]
    elif kind == 3:
        del data[at : at + length]
    elif kind == 4:
        data[at:at] = rng.bytes(length)
    elif kind == 5:  # a part of the file once more, elsewhere
        start = int(rng.integers(size))
        data[at:at] = data[start : start + length]
    elif kind == 6:  # a byte that ends a number goes on
        data[at : at + 1] = bytes([data[at] | 0x80, 0x80, 0x00])
    else:
        data[at : at + length] = bytes(rng.choice([0x00, 0x7F, 0x80, 0xFF], length).astype(np.uint8))
