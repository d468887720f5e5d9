# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The folded head of a fuser computes what the trained one does."""

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from torch.nn import functional as F  # noqa: E402

from fusion_perception.lab.nets.blocks.pixel_shuffle import pixel_shuffle  # noqa: E402
from fusion_perception.lab.nets.blocks.subpixel_head import SubpixelHead  # noqa: E402


@pytest.mark.parametrize(("maps", "sizes"), [(1, [1.0]), (2, [1.0, 0.01]), (2, [0.0, 1.0]), (3, [1.0, 3.0, 500.0])])
def test_folding_changes_no_result(maps, sizes):
    torch.manual_seed(0)
    head = SubpixelHead(5, [0.25] + [1] * (maps - 1)).double().requires_grad_(False)
    head.weight *= torch.tensor(sizes).repeat_interleave(4)[:, None, None, None]
    x = torch.rand(2, 5, 6, 8, dtype=torch.float64)
    expected = head(x)
    assert [m.shape for m in expected] == [(2, 1, 12, 16)] * maps
    head.fold()
    head.fold()  # once is enough
    assert head.weight.shape == (8 * maps, 5, 3, 4)
    for found, one in zip(head(x), expected, strict=True):
        assert torch.allclose(found, one, atol=1e-12)
    norms = [
        float(part.detach().norm()) / count for part, count in zip(head.weight.chunk(maps), head.counts, strict=True)
    ]
    assert max(norms) <= 2.1 * min(norm for norm in norms if norm > 0)


def test_rows_and_columns_may_have_factors_of_their_own():
    x = torch.rand(2, 3 * 2 * 4, 5, 7)
    found = pixel_shuffle(x, (2, 4))
    assert found.shape == (2, 3, 10, 28)
    assert torch.equal(found[:, 1, 5, 9], x[:, 1 * 8 + 1 * 4 + 1, 2, 2])
    assert torch.equal(pixel_shuffle(x, (2, 2)), F.pixel_shuffle(x, 2))


@pytest.mark.parametrize("factor", [2, (2, 3)])
def test_learning_changes_no_result(factor):
    x = torch.rand(2, 24, 5, 7)
    learnt = pixel_shuffle(x.clone().requires_grad_(), factor)
    assert torch.equal(learnt, pixel_shuffle(x, factor))
