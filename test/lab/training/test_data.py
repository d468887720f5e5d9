# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.data.dataset import PairDataset  # noqa: E402
from fusion_perception.lab.training.augment import AugmentConfig  # noqa: E402
from fusion_perception.lab.training.batches import BatchSource  # noqa: E402
from fusion_perception.lab.training.pretext_tasks import load_tasks  # noqa: E402
from fusion_perception.lab.training.rendered_samples import (  # noqa: E402
    FRAMES_OF_A_STREET,
    RENDERED_CONDITIONS,
    synthetic_samples,
)
from fusion_perception.lab.training.samples import Sample, load_samples  # noqa: E402
from fusion_perception.lab.training.splits import halves, hold_out, hold_out_groups, open_training_set  # noqa: E402
from fusion_perception.lab.training.streams import Streams  # noqa: E402
from test.lab.training.scenes import PLAIN, samples, streams, write_dataset  # noqa: E402

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def source(batch: int = 2, seed: int = 0, rank: int = 0, count: int = 1, **options) -> BatchSource:
    return BatchSource(
        samples(5), [], 0.0, batch, options.pop("config", AugmentConfig(crop=(32, 64))), seed, rank, count
    )


def marked(count: int) -> list[Sample]:
    """Samples whose thermal grey level is their number."""
    plain = samples(count)
    return [Sample(np.full_like(s.thermal, i), s.rgb, s.labels, True, "any", s.name) for i, s in enumerate(plain)]


def test_a_batch_depends_on_seed_and_number_alone() -> None:
    first, second, other = source(), source(), source(seed=1)
    forward = [first(step) for step in range(3)]
    backward = [second(step) for step in (2, 1, 0)][::-1]
    for a, b in zip(forward, backward, strict=True):
        assert torch.equal(a.thermal, b.thermal)
        assert torch.equal(a.labels, b.labels)
    assert not torch.equal(forward[0].thermal, other(0).thermal)
    for each in (first, second, other):
        each.close()


def test_processes_share_the_batch_of_one() -> None:
    whole = source(batch=4)
    parts = [source(batch=2, rank=rank, count=2) for rank in (0, 1)]
    for step in range(3):
        together = torch.cat([part(step).rgb for part in parts])
        assert torch.equal(whole(step).rgb, together)
    for each in (whole, *parts):
        each.close()


def test_every_sample_is_seen_once_per_epoch() -> None:
    drawn = BatchSource(marked(6), [], 0.0, 2, PLAIN, 0)
    for epoch in range(2):
        seen = [round(v.item() * 255) for step in range(3) for v in drawn(3 * epoch + step).thermal[:, 0, 0, 0]]
        present = sorted({v for v in seen if v})  # 0 may also be a thermal camera switched off
        assert len(present) >= 4
        assert present == sorted(v for v in seen if v)
    drawn.close()


def test_shapes_ranges_and_partial_labels() -> None:
    drawn = source(batch=3)
    batch = drawn(0)
    assert batch.thermal.shape == (3, 1, 32, 64)
    assert batch.rgb.shape == (3, 3, 32, 64)
    assert batch.labels.shape == (3, 32, 64)
    assert batch.labels.dtype == torch.int64
    assert 0 <= batch.rgb.min() <= batch.rgb.max() <= 1
    flags = {bool(v) for step in range(4) for v in drawn(step).complete}
    assert flags == {True, False}
    drawn.close()


def test_no_samples_are_refused() -> None:
    with pytest.raises(DataError, match="no training samples"):
        BatchSource([], [], 0.5, 1, PLAIN, 0)


def test_streams_name_what_they_have() -> None:
    several = streams()
    assert several("upper", 0).thermal.shape[0] == 2
    several("train", 0)
    assert several.drawn == 4
    with pytest.raises(DataError, match="no training stream 'x'; there are: train"):
        several("x", 0)
    several.close()
    last = Streams({"train": source()}, torch.device("cpu"))
    assert last("train", 0).rgb.is_contiguous(memory_format=torch.channels_last)
    last.close()


def test_whole_stretches_are_held_out() -> None:
    many = [Sample(*(None,) * 3, True, "night" if i % 2 else "day", f"{i:03d}") for i in range(100)]
    train, held_out = hold_out(many, 0.1)
    assert len(held_out) == 10
    assert {s.key for s in held_out} == {"day", "night"}
    assert {s.name for s in train}.isdisjoint(s.name for s in held_out)
    assert len(train) == 90
    places = [int(s.name) for s in held_out if s.key == "day"]
    gaps = [b - a for a, b in itertools.pairwise(places)]
    assert sorted(gaps)[:-1] == [2] * (len(gaps) - 1)  # two stretches of neighbouring frames
    assert hold_out(many[:1], 0.1) == (many[:1], [])


def test_whole_streets_are_held_out() -> None:
    many = [Sample(*(None,) * 3, True, "rendered day", f"{i:03d}", f"street{i // 2}") for i in range(160)]
    train, held_out = hold_out_groups(many)
    assert len(held_out) == 24
    assert {s.group for s in train}.isdisjoint(s.group for s in held_out)
    assert [s.name for s in many] == sorted(s.name for s in [*train, *held_out])
    streets = {int(s.group.removeprefix("street")) for s in held_out}
    assert {RENDERED_CONDITIONS[street % len(RENDERED_CONDITIONS)] for street in streets} == set(RENDERED_CONDITIONS)
    train, held_out = hold_out_groups(many[:12])
    assert (len(train), len(held_out)) == (10, 2)
    assert hold_out_groups(many[:2]) == (many[:2], [])


def test_a_split_for_two_levels_is_disjoint() -> None:
    many = samples(1) * 0 + [Sample(*(None,) * 3, True, "any", str(i)) for i in range(60)]
    lower, upper = halves(many, 0.2)
    assert len(upper) == 12
    assert {s.name for s in lower}.isdisjoint(s.name for s in upper)
    assert len(lower) + len(upper) == 60


def test_the_training_list_keeps_away_from_evaluation(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    assert open_training_set(root, None).split == "train"
    (root / "test.txt").write_text("00000D\n")
    with pytest.raises(DataError, match=r"shares 1 names with .*test.txt \(00000D"):
        open_training_set(root, None)
    (root / "test.txt").unlink()
    (root / "train.txt").unlink()
    with pytest.raises(DataError, match=r"val.txt"):
        open_training_set(root, None)
    (root / "val.txt").unlink()
    assert open_training_set(root, None).split == "all"


@pytest.mark.parametrize("layout", ["train/vi test/vi", "visible/train visible/test"])
def test_folders_for_evaluation_are_not_trained_on(tmp_path: Path, layout: str) -> None:
    for folder in layout.split():
        for side in (folder, folder.replace("vi", "ir") if "/vi" in folder else folder.replace("visible", "infrared")):
            (tmp_path / side).mkdir(parents=True)
            cv2.imwrite(str(tmp_path / side / "a.png"), np.zeros((8, 8), np.uint8))
    assert open_training_set(tmp_path, None).split == "train"
    assert open_training_set(tmp_path, "train").split == "train"
    for split in ("test", "val"):
        with pytest.raises(DataError, match=f"split '{split}' is for evaluation"):
            open_training_set(tmp_path, split)


def test_samples_of_a_data_set(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    (root / "annotations.json").write_text(
        '{"00000D": {"source": "boxes", "boxes": {}}, "00001N": {"source": "consensus", "boxes": {}}}'
    )
    loaded = load_samples(PairDataset(root, "train"))
    assert [s.name for s in loaded[:2]] == ["00000D", "00001N"]
    assert [s.complete for s in loaded[:2]] == [False, True]
    assert [s.key for s in loaded[:2]] == ["day", "night"]
    (root / "Segmentation_labels/00000D.png").unlink()
    with pytest.raises(DataError, match="'00000D' has no labels"):
        load_samples(PairDataset(root, "train"))


def test_deep_thermal_images_are_brought_to_eight_bit(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data", 3, 1)
    grey = cv2.imread(str(root / "ir/00000D.png"), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(root / "ir/00000D.png"), grey.astype(np.uint16) * 100 + 3000)
    sample = load_samples(PairDataset(root, "train"))[0]
    assert sample.thermal.dtype == np.uint8
    assert np.corrcoef(sample.thermal.ravel(), grey.ravel())[0, 1] > 0.99


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


def test_rendered_samples_come_from_streets_of_all_conditions():
    seen = []
    count = FRAMES_OF_A_STREET * len(RENDERED_CONDITIONS) + 1
    samples = synthetic_samples(count, 5, height=96, width=128, progress=seen.append)
    assert len(samples) == count and seen == list(range(1, count + 1))
    assert len({sample.name for sample in samples}) == count
    assert [s.name.rstrip("0123456789ND_") for s in samples[::FRAMES_OF_A_STREET]] == [*RENDERED_CONDITIONS, "day"]
    assert all(sample.complete and sample.labels.shape == (96, 128) for sample in samples)
    assert [s.group for s in samples[:3]] == ["street0", "street0", "street1"]
    assert all(s.key == f"rendered {'night' if s.name.endswith('N') else 'day'}" for s in samples)
    assert len({s.key for s in samples}) == 2
    again = synthetic_samples(2, 5, height=96, width=128)
    np.testing.assert_array_equal(again[0].thermal, samples[0].thermal)
    assert (again[0].thermal != synthetic_samples(1, 6, height=96, width=128)[0].thermal).any()
