# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the command line offers; imports no torch."""

PUBLISHED = ("uaafusion", "segmif", "bdlfusion", "tdfusion", "tim")
"""The published methods."""

RECIPES = ("realtime", "quality", "dense", "early", "middle", *PUBLISHED)
"""Every recipe; each is a module of ``recipes`` with a ``RECIPE``."""

COMPARED = ("realtime", *PUBLISHED)
"""What ``compare`` trains: the published methods, and ours for real time."""

SHIPPED = "realtime"
"""The shipped model that self-training starts from and learns from unless another is named."""

BUDGETS = ("smoke", "cpu", "paper")
"""A minute or so to see that it runs; some ten minutes on two cores; the published schedule and sizes."""

PRECISIONS = ("auto", "fp32", "bf16")
"""``auto`` is bf16 on CUDA and fp32 elsewhere."""

DEVICES = ("auto", "cpu", "cuda")
"""``auto`` is CUDA where there is any."""

AUGMENTATIONS = (
    "paste",
    "foreign",
    "photometric",
    "noise",
    "dark",
    "shift",
    "heat",
    "failures",
    "covered",
    "polarity",
    "gain_control",
    "defects",
    "coarse",
    "motion",
    "jpeg",
)
"""Parts of the augmentation, each of which a training can do without; see ``augmentation.config.PARTS``."""
HELD_OUT = 0.1
"""Share of the labelled pairs that a training keeps for validation."""
