# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A small untrained system for export tests."""

from __future__ import annotations

from typing import Any

import numpy as np


def small_system(seed: int = 0) -> Any:
    """Our architecture with few channels, random weights and norms that are not the identity."""
    import torch

    from fusion_perception.lab.nets.system import System, SystemSpec

    torch.manual_seed(seed)
    system = System(
        SystemSpec(
            "realtime",
            "realtime",
            fuser_options={"channels": 16, "depth": 1},
            segmenter_options={"widths": [16, 32, 32, 32, 32], "blocks": [1, 1, 1, 1], "decoder": 32},
        )
    )
    for module in system.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, 0.0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    torch.nn.init.normal_(system.fuser.head.weight, 0.0, 0.05)
    return system.eval()


def pair(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A smooth random pair: thermal (H, W) and rgb (H, W, 3) uint8."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 4), dtype=np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(image[..., 0]), np.ascontiguousarray(image[..., 1:])
