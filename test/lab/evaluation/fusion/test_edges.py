# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fusion_perception.lab.evaluation.fusion.edges import edge_transfer

RNG = np.random.default_rng(5)
A = RNG.integers(0, 256, (40, 50), np.uint8)
B = RNG.integers(0, 256, (40, 50), np.uint8)
BEST = 0.9994 / (1 + np.exp(-7.5)) * 0.9879 / (1 + np.exp(-4.4))
"""Q of an edge kept exactly: strength ratio 1, angle difference 0."""


def test_a_copy_of_equal_sources_keeps_every_edge():
    transfer = edge_transfer(A, A, A)
    assert transfer.kept == pytest.approx(BEST)
    assert transfer.invented == 0


def test_one_vertical_edge_at_half_strength():
    source = np.zeros((6, 8), np.uint8)
    source[:, 4:] = 200
    transfer = edge_transfer(source, source, source // 2)
    # Same angle, half the strength: Q_g = 0.9994 / 2.
    assert transfer.kept == pytest.approx(0.9994 / 2 * 0.9879 / (1 + np.exp(-4.4)))
    assert transfer.lost == pytest.approx(1 - transfer.kept)


def test_an_edge_turned_by_a_right_angle_is_lost():
    source = np.zeros((9, 9), np.uint8)
    source[:, 4:] = 200
    assert edge_transfer(source, source, source.T.copy()).kept < 0.3


def test_the_three_shares_sum_to_one_and_stay_in_range():
    for fused in (A // 2 + B // 2, np.maximum(A, B), RNG.integers(0, 256, A.shape, np.uint8)):
        transfer = edge_transfer(A, B, fused)
        assert transfer.kept + transfer.lost + transfer.invented == pytest.approx(1)
        assert min(transfer.kept, transfer.lost, transfer.invented) >= 0


def test_noise_that_is_in_neither_source_is_invented():
    soft = (A // 16).astype(np.uint8)
    assert edge_transfer(soft, soft, A).invented > 0.5
    assert edge_transfer(A, A, soft).invented == 0


def test_the_order_of_the_sources_does_not_matter():
    assert edge_transfer(A, B, A // 2).kept == pytest.approx(edge_transfer(B, A, A // 2).kept)


@pytest.mark.parametrize("turn", [np.asarray, np.transpose], ids=["columns", "rows"])
def test_an_edge_beside_the_border_counts_as_much_as_one_inside(turn):
    """The outermost pixels are repeated: mirrored, the border's own pixels would have no edge."""
    beside, inside = np.zeros((2, 12, 12), np.uint8)
    beside[:, 1:] = inside[:, 6:] = 200
    beside, inside = (np.ascontiguousarray(turn(image)) for image in (beside, inside))
    assert edge_transfer(beside, inside, beside).kept == pytest.approx(BEST / 2, abs=1e-3)


def test_sources_without_edges():
    flat = np.full((5, 5), 9, np.uint8)
    assert edge_transfer(flat, flat, A[:5, :5]).kept == 1
