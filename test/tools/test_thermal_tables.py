# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the lab needs PyTorch")

from fusion_perception.labels import get_label_set
from test.lab.training.scenes import samples
from tools.thermal_tables import CASES, arriving, as_counts, gain_table, health_table, judge, main


class Brightest:
    """Calls a person what is at least half as bright as the brightest pixel, if thermal shows anything at all."""

    info = SimpleNamespace(metadata=SimpleNamespace(labels=get_label_set("msrs9")))

    def infer(self, thermal: np.ndarray, _rgb: np.ndarray) -> SimpleNamespace:
        return SimpleNamespace(mask=np.where(thermal > 127, 2, 0).astype(np.uint8))


def test_counts_keep_the_order_of_the_image() -> None:
    thermal = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
    counts = as_counts(thermal, 7000, np.random.default_rng(0))
    assert counts.dtype == np.uint16
    assert counts[:, -1].min() > counts[:, 0].max()


def test_every_case_is_what_its_name_says() -> None:
    thermal = np.tile(np.linspace(0, 120, 96).astype(np.uint8)[:, None], (1, 128))
    thermal[20:70, 30:60] = 200
    images = arriving(thermal, np.random.default_rng(0))
    assert set(images) == set(CASES)
    assert np.array_equal(images["as"][0], thermal)
    assert not images["missing"][0].any()
    for image in (*images["counts"], *images["jump"]):
        assert int(image[30:60, 35:55].min()) > int(image[:, :25].max()) + 50
    assert images["stretched"][0].std() > 30
    assert len(images["jump"]) == 2


def test_the_table_has_what_the_model_said() -> None:
    (sample,) = samples(1)
    bright = np.where(sample.labels == 2, 255, 0).astype(np.uint8)
    seen = SimpleNamespace(**{**vars(sample), "thermal": bright})
    rows = gain_table(judge(Brightest(), [seen])).splitlines()  # type: ignore[arg-type, list-item]
    assert rows[0] == f"| what arrives | {sample.key} |"
    cells = dict(zip(CASES, (row.split("|")[2].strip() for row in rows[2:]), strict=True))
    assert cells["as"] == cells["counts"] == "1.00"
    assert cells["missing"] == "0.00"


def test_broken_images_are_counted(tmp_path: Path) -> None:
    scene = np.random.default_rng(0).integers(0, 255, (12, 16)).astype(np.uint8)
    scene = cv2.resize(scene, (128, 96), interpolation=cv2.INTER_LINEAR)
    for name, thermal in (("a", scene), ("b", np.zeros_like(scene)), ("c", np.full_like(scene, 255))):
        for folder, image in (("ir", thermal), ("vi", np.dstack([scene] * 3))):
            (tmp_path / "set" / folder).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "set" / folder / f"{name}.png"), image)
    assert health_table([tmp_path / "set"]).splitlines()[2:] == ["| set | 6 | 1 | 1 | 0 |"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "node.md"
    document.write_text("untouched")
    with pytest.raises(SystemExit):
        main([str(document), "--data", str(tmp_path / "nothing"), "--images", str(tmp_path)])
    assert "nothing" in capsys.readouterr().err
    assert document.read_text() == "untouched"
