# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the command line offers; imports no torch."""

RECIPES = ("realtime", "uaafusion", "segmif", "bdlfusion", "tdfusion", "tim")
"""Every recipe; each is a module of ``recipes`` with a ``RECIPE``."""

BUDGETS = ("smoke", "cpu", "paper")
"""A minute or so to see that it runs; half an hour or more on two cores; the published schedule and sizes."""

PRECISIONS = ("auto", "fp32", "bf16")
"""``auto`` is bf16 on CUDA and fp32 elsewhere."""

DEVICES = ("auto", "cpu", "cuda")
"""``auto`` is CUDA where there is any."""

AUGMENTATIONS = ("paste", "foreign", "photometric", "noise", "dark", "shift", "failures")
"""Parts of the augmentation, each of which a training can do without; see ``augment.PARTS``."""
