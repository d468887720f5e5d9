# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.sample_store import SampleStore  # noqa: E402
from fusion_perception.lab.training.session.data import TrainingData  # noqa: E402
from test.lab.training.scenes import samples  # noqa: E402


def test_a_store_of_what_is_drawn_has_every_sample_once_and_nothing_held_out() -> None:
    train, held_out, synthetic, task, unlabelled = (samples(2, seed) for seed in range(5))
    data = TrainingData(train, held_out, synthetic, {"main": train, "other": task}, unlabelled)
    store = SampleStore(data.drawn(), torch.device("cpu"))
    assert len(store) == 8
    for part in (train, synthetic, task, unlabelled):
        assert len(set(store.positions(part))) == 2
    with pytest.raises(KeyError):
        store.positions(held_out)
