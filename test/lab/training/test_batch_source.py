# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from torch import Tensor  # noqa: E402

from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.training.augmentation.config import AugmentConfig, without  # noqa: E402
from fusion_perception.lab.training.batch_source import BatchSource  # noqa: E402
from fusion_perception.lab.training.sample_store import SampleStore  # noqa: E402
from fusion_perception.lab.training.samples import Sample  # noqa: E402
from test.lab.training.scenes import PLAIN, samples, source_of  # noqa: E402


def source(batch: int = 2, seed: int = 0, rank: int = 0, count: int = 1, **options) -> BatchSource:
    return source_of(samples(5), batch, options.pop("config", AugmentConfig(crop=(32, 64))), seed, rank, count)


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


def test_processes_share_the_batch_of_one() -> None:
    whole = source(batch=4)
    parts = [source(batch=2, rank=rank, count=2) for rank in (0, 1)]
    for step in range(3):
        together = torch.cat([part(step).rgb for part in parts])
        assert torch.equal(whole(step).rgb, together)


def test_every_sample_is_seen_once_per_epoch() -> None:
    drawn = source_of(marked(6), 2, PLAIN)
    for epoch in range(2):
        seen = [round(v.item() * 255) for step in range(3) for v in drawn(3 * epoch + step).thermal[:, 0, 0, 0]]
        present = sorted({v for v in seen if v})  # 0 may also be a thermal camera switched off
        assert len(present) >= 4
        assert present == sorted(v for v in seen if v)


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


def test_half_of_the_samples_get_the_plainer_augmentation() -> None:
    parts = ("paste", "photometric", "dark", "noise", "shift", "failures")
    plainer = without(AugmentConfig(crop=(32, 64), scale=(1.0, 1.0), p_flip=0.0), parts)
    config = replace(plainer, p_no_thermal=1.0)
    own = [replace(s, labels=np.full_like(s.labels, i)) for i, s in enumerate(marked(6), 1)]
    own = [replace(s, thermal=s.labels, complete=i % 2 == 0) for i, s in enumerate(own)]
    mixed = BatchSource(SampleStore(own, torch.device("cpu")), range(6), [], 0.0, 8, config, 0, plainer=plainer)
    dark = 0
    for step in range(20):
        batch, again = mixed(step), mixed(step)
        assert torch.equal(batch.thermal, again.thermal)
        assert batch.thermal.shape == (8, 1, 32, 64)
        level, label = (batch.thermal * 255).round().long()[:, 0], batch.labels
        black = ~level.flatten(1).any(1)
        assert torch.equal(level[~black], label[~black])  # rows stay together
        assert torch.equal(batch.complete, label[:, 0, 0] % 2 == 1)
        dark += int(black.sum())
    assert 50 < dark < 110


def test_processes_share_the_samples_of_one_whatever_they_get() -> None:
    config, plainer = AugmentConfig(crop=(32, 64)), replace(PLAIN, crop=(32, 64))
    store = SampleStore(samples(5), torch.device("cpu"))

    def rows(batch: int, rank: int = 0, count: int = 1) -> list[Tensor]:
        drawn = BatchSource(store, range(5), [], 0.0, batch, config, 0, rank, count, plainer)
        return [row for step in range(3) for row in drawn(step).rgb]

    parts = [*rows(2, 0, 2), *rows(2, 1, 2)]
    assert all(any(torch.equal(row, part) for part in parts) for row in rows(4))


def test_no_samples_are_refused() -> None:
    with pytest.raises(DataError, match="no training samples"):
        BatchSource(SampleStore([], torch.device("cpu")), [], [], 0.5, 1, PLAIN, 0)
