# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where untrained fusers without a final sigmoid start."""

from __future__ import annotations

from torch import nn


def start_at_mid_grey(last: nn.Conv2d) -> nn.Conv2d:
    """Set the bias of a fuser's last convolution to 1/2 and return it.

    A cascade clamps the fused image to 0..1, and a clamp passes no gradient outside: a fuser that starts
    around zero would hear nothing from the segmenter about its dark half.
    """
    if last.bias is not None:
        nn.init.constant_(last.bias, 0.5)
    return last
