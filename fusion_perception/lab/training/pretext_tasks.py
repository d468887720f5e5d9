# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs of other fusion tasks, such as medical images, for TIM's pretext."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.image_files import EXTENSIONS, read_rgb
from fusion_perception.lab.data.layouts import fitting_layout
from fusion_perception.lab.data.sequence import PairSequence
from fusion_perception.lab.training.samples import Sample, unlabelled_sample


def load_tasks(root: str | Path) -> dict[str, list[Sample]]:
    """Read the fusion tasks below a folder.

    Args:
        root: a data set in a known layout (one task), or a folder with one folder per task, each of which
            holds two folders of images of the same names, for example ``MRI_PET/MRI`` and ``MRI_PET/PET``.
            Of the two, the more colourful one plays the part of RGB, the other that of the thermal image.

    Returns:
        Task name -> unlabelled samples.

    Raises:
        DataError: nothing of the kind is there.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"no folder {root}; give a data set or a folder of fusion tasks")
    if fitting_layout(root) is not None:
        pairs = PairDataset(root)
        return {root.name: [unlabelled_sample(p.thermal, p.rgb, root.name, p.name) for p in pairs]}
    tasks = {}
    for folder in sorted(p for p in root.iterdir() if p.is_dir()):
        sides = sorted(p for p in folder.iterdir() if p.is_dir())
        if len(sides) != 2:
            continue
        rgb, thermal = sorted(sides, key=lambda side: -_colourfulness(side))
        sequence = PairSequence(folder, folders=(rgb.name, thermal.name, ""), allow_size_mismatch=True)
        tasks[folder.name] = [unlabelled_sample(p.thermal, p.rgb, folder.name, p.name) for p in sequence]
    if not tasks:
        raise DataError(f"{root}: neither a data set nor a folder of tasks with two image folders each")
    return tasks


def _colourfulness(folder: Path) -> float:
    """Mean difference between the colour channels of the first image; 0 for grey ones."""
    first = next((p for p in sorted(folder.iterdir()) if p.suffix.lower() in EXTENSIONS), None)
    if first is None:
        raise DataError(f"{folder}: no images")
    return float(np.ptp(read_rgb(first).astype(np.int16), axis=-1).mean())
