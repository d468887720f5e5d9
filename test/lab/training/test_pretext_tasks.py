# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError
from fusion_perception.lab.training.pretext_tasks import load_tasks

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def test_fusion_tasks_of_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for task, colour in (("MRI_PET", "PET"), ("MRI_CT", "CT")):
        for side in ("MRI", colour):
            (tmp_path / task / side).mkdir(parents=True)
            for i in range(2):
                grey = rng.integers(0, 255, (8, 8)).astype(np.uint8)
                image = np.stack([grey // 4, grey, 255 - grey], -1) if side == "PET" else grey
                cv2.imwrite(str(tmp_path / task / side / f"{i}.png"), image)
    tasks = load_tasks(tmp_path)
    assert {name: len(found) for name, found in tasks.items()} == {"MRI_CT": 2, "MRI_PET": 2}
    sample = tasks["MRI_PET"][0]
    assert np.ptp(sample.rgb.astype(int), axis=-1).max() > 50  # the colour image plays RGB
    assert (sample.labels == 255).all()
    assert not sample.complete
    with pytest.raises(DataError, match="neither a data set nor a folder of tasks"):
        load_tasks(tmp_path / "MRI_PET" / "MRI")


@pytest.mark.skipif(not (SHARED / "medical").is_dir(), reason="no ../shared/data/medical here")
def test_medical_tasks() -> None:
    tasks = load_tasks(SHARED / "medical")
    assert {name: len(found) for name, found in tasks.items()} == {"MRI_CT": 21, "MRI_PET": 42, "MRI_SPECT": 73}
