# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.types import EngineOutputs
from tools.failing_alone import CHOSEN, examine, main, table

SHAPE = (40, 40)


class Believes:
    """Names RGB fully while it is as it was, and less afterwards; RGB alone decides the same in the upper half."""

    def __init__(self, rgb: np.ndarray, share_after: int) -> None:
        self.rgb, self.share_after = rgb, share_after

    def infer(self, _thermal: np.ndarray, rgb: np.ndarray, *, attribution: bool) -> EngineOutputs:
        assert attribution
        same = np.array_equal(rgb, self.rgb)
        needed = np.zeros(SHAPE, np.uint8)
        needed[20:] = 1  # there thermal is needed: RGB alone would decide otherwise
        needed[:, :10] |= 2
        share = np.full(SHAPE, 128 if same else self.share_after, np.uint8)
        mask = np.ones(SHAPE, np.uint8)
        return EngineOutputs(np.zeros((*SHAPE, 3), np.uint8), mask, mask, share, {"needed": needed})


@pytest.mark.parametrize(("share_after", "leaves"), [(200, True), (60, False)])
def test_a_pair_counts_by_where_its_share_goes(share_after: int, leaves: bool) -> None:
    rng = np.random.default_rng(0)
    thermal, rgb = rng.integers(0, 99, SHAPE, np.uint8), rng.integers(0, 99, (*SHAPE, 3), np.uint8)
    found = examine(Believes(rgb, share_after), lambda _i: (thermal, rgb), ["day"])  # type: ignore[arg-type]
    assert found["RGB, overexposed"].leaves == [leaves]
    assert found["RGB, overexposed"].alone == [0.5]
    assert found["thermal, overexposed"].alone == [0.75]
    assert found["RGB, frozen"].leaves == []  # there is no other pair
    row = next(line for line in table(found).splitlines() if "RGB, overexposed" in line)
    cells = [cell.strip() for cell in row.split("|")[2:6]]
    assert cells == (["1", "100%", "50%", "–"] if leaves else ["1", "0%", "–", "50%"])


def test_a_frozen_camera_shows_another_pair() -> None:
    rng = np.random.default_rng(0)
    pairs = [(rng.integers(0, 99, SHAPE, np.uint8), rng.integers(0, 99, (*SHAPE, 3), np.uint8)) for _ in range(2)]
    found = examine(Believes(pairs[0][1], 200), pairs.__getitem__, ["day", "day"])  # type: ignore[arg-type]
    # RGB is what it was in the first pair, and again where it stands still in the second.
    assert found["RGB, frozen"].leaves == [True, False]


def test_the_shipped_model_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, channels in (("ir", 1), ("vi", 3)):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "00001D.png"), np.zeros((480, 640, channels), np.uint8))
    assert main(["realtime", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2 + len(CHOSEN)


def test_what_cannot_be_judged_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, channels in (("ir", 1), ("vi", 3)):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "00001D.png"), np.zeros((240, 320, channels), np.uint8))
    for model, said in (("quality", "shapley"), ("realtime", "480")):
        with pytest.raises(SystemExit):
            main([model, str(tmp_path)])
        assert said in capsys.readouterr().err
