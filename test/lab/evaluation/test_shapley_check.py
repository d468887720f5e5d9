# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The check of Shapley values finds what is wrong with them."""

from dataclasses import dataclass

import numpy as np
import pytest

from fusion_perception.documents.typed_document import check
from fusion_perception.lab.evaluation.attribution_probe import Explanation
from fusion_perception.lab.evaluation.shapley_check import LIMIT, ShapleyCheck

HEIGHT, WIDTH = 32, 48


@dataclass(frozen=True)
class Metadata:
    height: int = HEIGHT
    width: int = WIDTH


class Probe:
    """A network of two classes at half the size: both images vote for the second class, and together a bit more.

    ``scale`` and ``shift`` spoil the values; ``depends`` False: random weights change nothing.
    """

    metadata = Metadata()
    kernels = 3

    def __init__(self, scale=1.0, shift=0.0, seed=None, depends=True):
        self.scale, self.shift, self.seed, self.depends = scale, shift, seed, depends

    def logits(self, thermal, rgb):
        t, r = thermal[::2, ::2] / 64, rgb[::2, ::2, 0] / 64
        return np.stack([np.full(t.shape, 1.0), t + r + 0.3 * t * r]).astype(np.float32)

    def explain(self, thermal, rgb):
        def value(t, r):
            a, b = self.logits(t, r).astype(float)
            top = np.where(decided == 1, b, a)
            return top - np.log(np.exp(a) + np.exp(b))

        logits = self.logits(thermal, rgb)
        decided = logits.argmax(0)
        no_t, no_r = thermal * 0, rgb * 0
        pair, t, r, none = value(thermal, rgb), value(thermal, no_r), value(no_t, rgb), value(no_t, no_r)
        maps = [((t - none) + (pair - r)) / 2 * self.scale + self.shift, ((r - none) + (pair - t)) / 2 - self.shift]
        if self.seed is not None and self.depends:
            maps = [np.random.default_rng(self.seed).permuted(m, axis=None) for m in maps]
        full = [m.repeat(2, 0).repeat(2, 1).astype(np.float32) for m in maps]
        share = np.clip(128 + 40 * (full[0] - full[1]), 0, 255).astype(np.uint8)
        return Explanation(logits, *full, share)

    def randomised(self, seed):
        return Probe(seed=seed, depends=self.depends)


def summary(**options):
    score = ShapleyCheck(Probe(**options))
    for seed in range(2):
        rng = np.random.default_rng(seed)
        score.update(
            rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8), rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        )
    return score.summary()


def test_right_values_have_no_error():
    found = summary()
    assert found.pairs == 2
    assert found.efficiency_error < 1e-6 and found.value_error < 1e-6
    check(found)


def test_values_that_sum_up_and_are_wrong_are_found():
    found = summary(shift=0.5)
    assert found.efficiency_error < 1e-6
    assert found.value_error > 0.1


def test_values_that_do_not_sum_up_are_found():
    assert summary(scale=1.2).efficiency_error == pytest.approx(0.1, abs=0.04)


def test_random_weights_must_change_the_maps():
    share = summary().sanity.maps["thermal share"]
    assert share.mean_absolute < LIMIT and share.passed
    assert share.same_network_noisy_input > 0.9
    stubborn = summary(depends=False).sanity
    assert not stubborn.maps["thermal share"].passed and stubborn.limit == 0.3
