# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TIM's search space: probabilities, latency, and the way from alpha to a network."""

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from fusion_perception.lab.nets.blocks.tim_operations import CANDIDATES, OPERATIONS, build_operation  # noqa: E402
from fusion_perception.lab.nets.fusers.tim import FULL, TIM  # noqa: E402
from fusion_perception.lab.nets.fusers.tim_search import TIMSupernet  # noqa: E402


@pytest.fixture
def supernet():
    torch.manual_seed(0)
    return TIMSupernet(channels=4).eval()


def choose(supernet, names):
    """Set alpha so that each edge takes the named operation almost surely."""
    with torch.no_grad():
        supernet.alpha.zero_()
        for edge, name in enumerate(names):
            supernet.alpha[edge, supernet.candidates.index(name)] = 50.0


def test_edges_say_where_operations_run(supernet):
    assert [(e.cell, e.kind, e.position) for e in supernet.edges] == [
        (0, "fusion", 0),
        (0, "fusion", 1),
        (1, "chain", 0),
        (1, "chain", 1),
    ]
    assert supernet.edges[0].runs == ((4, 1), (8, 2), (16, 4))
    assert supernet.edges[2].runs == ((4, 1),)
    assert supernet.alpha.shape == (4, len(CANDIDATES))


def test_parameters_are_parted_without_overlap(supernet):
    upper, lower = ({id(p) for p in f()} for f in (supernet.architecture_parameters, supernet.weight_parameters))
    assert not upper & lower
    assert upper | lower == {id(p) for p in supernet.parameters()}


def test_a_decided_supernet_computes_what_the_discovered_network_computes(supernet):
    names = [name for _, cell in FULL for name in cell]
    choose(supernet, names)
    genotype = supernet.genotype()
    assert genotype == [[kind, list(cell)] for kind, cell in FULL]
    network = TIM(4, genotype).eval()
    state, source = network.state_dict(), supernet.state_dict()
    for key in state:
        inside = key.replace(".operations.0.", f".operations.0.operations.{CANDIDATES.index(names[0])}.", 1)
        for edge in range(2):
            marker = f".operations.{edge}."
            if marker in key and key.startswith("cells."):
                cell = int(key.split(".")[1])
                index = CANDIDATES.index(names[2 * cell + edge])
                inside = key.replace(marker, f"{marker}operations.{index}.", 1)
        state[key] = source[inside]
    network.load_state_dict(state)
    thermal, luma = torch.rand(1, 1, 16, 24), torch.rand(1, 1, 16, 24)
    with torch.no_grad():
        assert torch.allclose(network(thermal, luma), supernet(thermal, luma), atol=1e-6)


def test_expected_latency_against_a_sum_by_hand(supernet):
    with torch.no_grad():
        supernet.alpha.normal_()
    table, alpha = torch.rand(supernet.alpha.shape), supernet.alpha.detach()
    expected = sum(float(torch.softmax(alpha[e], 0)[o] * table[e, o]) for e in range(4) for o in range(len(CANDIDATES)))
    assert float(supernet.latency(table).detach()) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match=r"needed is \(edges, candidates\) = \(4, 8\)"):
        supernet.latency(torch.rand(3, 3))


def test_descending_the_latency_prefers_the_cheapest_operation(supernet):
    table = torch.rand(supernet.alpha.shape) + 0.5
    table[:, 3] = 0.1
    optimiser = torch.optim.Adam(supernet.architecture_parameters(), lr=0.1)
    for _ in range(50):
        optimiser.zero_grad()
        supernet.latency(table).backward()
        optimiser.step()
    assert {name for _, cell in supernet.genotype() for name in cell} == {CANDIDATES[3]}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("dilation", [1, 2])
def test_every_operation_keeps_the_shape_and_starts_alive(operation, kernel, dilation):
    net = build_operation(f"{operation}_{kernel}_{dilation}", 6)
    x = torch.randn(2, 6, 11, 13, requires_grad=True)
    y = net(x)
    assert y.shape == x.shape
    (gradient,) = torch.autograd.grad(y.square().sum(), x)
    assert float(gradient.abs().min(0).values.max()) > 0


@pytest.mark.parametrize("name", ["residual", "conv_3_1", "residual_4_1", "residual_3_3", "residual_3_1_1", ""])
def test_unknown_operations_are_refused_in_words(name):
    with pytest.raises(ValueError, match=f"unknown operation '{name}'; allowed: .*dilation 1 or 2"):
        build_operation(name, 4)
