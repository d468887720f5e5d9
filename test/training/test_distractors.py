# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.training.augment import AugmentConfig  # noqa: E402
from fusion_perception.training.distractors import HEIGHTS, distract, repaint  # noqa: E402
from fusion_perception.training.samples import BatchSource, Sample  # noqa: E402


def arrays(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    thermal = rng.integers(20, 60, (96, 128)).astype(np.uint8)
    rgb = rng.integers(20, 200, (96, 128, 3)).astype(np.uint8)
    return thermal, rgb, np.full((96, 128), 2, np.uint8)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_covered_is_labelled_nothing_and_the_rest_stays(seed: int) -> None:
    before = arrays(seed)
    thermal, rgb, labels = distract(before, 1, np.random.default_rng(seed))
    hidden = labels == 0
    assert set(np.unique(labels)) == {0, 2}
    rows = np.flatnonzero(hidden.any(1))
    assert rows[-1] - rows[0] < HEIGHTS[1] * 96 + 1
    # One pixel of the outline is mixed.
    grown = np.pad(hidden, 1)
    near = np.lib.stride_tricks.sliding_window_view(grown, (3, 3)).any((2, 3))
    assert np.array_equal(thermal[~near], before[0][~near])
    assert np.array_equal(rgb[~near], before[1][~near])
    assert (thermal[hidden] != before[0][hidden]).mean() > 0.5
    assert (rgb[hidden] != before[1][hidden]).mean() > 0.5


def test_the_given_arrays_stay_as_they_are_and_nothing_happens_without_things() -> None:
    before = arrays()
    kept = [a.copy() for a in before]
    distract(before, 3, np.random.default_rng(0))
    assert all(np.array_equal(a, b) for a, b in zip(before, kept, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(distract(before, 0, np.random.default_rng(0)), kept, strict=True))


def test_things_hide_objects_seldom_where_there_is_room() -> None:
    thermal, rgb, _ = arrays()
    labels = np.zeros((96, 128), np.uint8)
    labels[40:, :32] = 1
    hidden = [((distract((thermal, rgb, labels), 1, np.random.default_rng(s))[2] != labels).sum()) for s in range(40)]
    assert np.mean([h > 0 for h in hidden]) < 0.35


def test_some_things_are_as_warm_as_people_and_most_are_not() -> None:
    warm = []
    for seed in range(80):
        before = arrays(seed)
        thermal, _, labels = distract(before, 1, np.random.default_rng(seed))
        warm.append(float(thermal[labels == 0].mean()) > 2 * float(before[0].mean()))
    assert 0.08 < np.mean(warm) < 0.45


@pytest.mark.parametrize("seed", range(8))
def test_a_panel_changes_vehicles_alone_and_leaves_wheels_and_labels(seed: int) -> None:
    thermal, rgb, _ = arrays(seed)
    labels = np.zeros((96, 128), np.uint8)
    labels[20:80, 30:110] = 1
    labels[2:10, 2:10] = 1  # too small
    labels[40:60, :20] = 2
    after = repaint((thermal, rgb, labels), (1,), np.random.default_rng(seed))
    assert np.array_equal(after[2], labels)
    changed = (after[0] != thermal) | (after[1] != rgb).any(-1)
    assert changed[20:68, 30:110].mean() > 0.1
    assert not changed[70:].any()
    changed[19:81, 29:111] = False
    assert not changed.any()


def test_a_training_draws_both() -> None:
    thermal, rgb, _ = arrays()
    labels = np.zeros((96, 128), np.uint8)
    labels[20:90, 20:120] = 1
    sample = Sample(thermal, rgb, labels, True, "day")
    plain = AugmentConfig((96, 128), (1.0, 1.0), 0, 0, 0, 0, p_photometric=0, p_dark=0, p_noise=0, p_shift=0)
    still = replace(plain, p_no_thermal=0.0, p_no_rgb=0.0)

    def drawn(config: AugmentConfig) -> tuple[np.ndarray, np.ndarray]:
        source = BatchSource([sample], [], 0.0, 4, config, 0)
        batch = source(0)
        source.close()
        return (255 * batch.rgb).round().to(torch.uint8).permute(0, 2, 3, 1).numpy(), batch.labels.numpy()

    assert (drawn(still)[0] == rgb).all()
    assert (drawn(replace(still, p_distract=1.0))[0] != rgb).any(-1).mean() > 0.01
    repainted = drawn(replace(still, p_repaint=1.0, vehicles=(1,)))
    assert (repainted[1] == labels).all()
    assert (repainted[0] != rgb).any(-1).mean() > 0.1
