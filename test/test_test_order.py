# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every test begins with the same random numbers, in whichever order they run."""

import numpy as np
import pytest

GENERATOR = np.random.default_rng(4)
FIRST = np.random.default_rng(4).random()


@pytest.mark.parametrize("number", range(3))
def test_a_file_s_generator_starts_anew(number):
    assert GENERATOR.random() == FIRST


@pytest.mark.parametrize("number", range(2))
def test_torch_starts_anew(number):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    generator = torch.Generator().manual_seed(0)
    if torch.initial_seed() == 0:  # else it was imported just now
        assert torch.equal(torch.rand(2), torch.rand(2, generator=generator))


def test_torch_s_generators_of_a_file_start_anew():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from test import conftest

    class Item:
        class module:
            GENERATOR = torch.Generator().manual_seed(3)

    drawn = []
    for _ in range(2):
        conftest.pytest_runtest_setup(Item)
        drawn.append(float(torch.rand(1, generator=Item.module.GENERATOR)))
    assert drawn[0] == drawn[1]
