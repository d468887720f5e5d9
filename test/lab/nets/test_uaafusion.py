# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""UAAFusion: the data term and the attention act, as the paper says and the release does not."""

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from fusion_perception.lab.nets.fusers.uaafusion import ProximalStage, UAAFusion  # noqa: E402
from fusion_perception.lab.training.losses.edges import edge_maximum_loss  # noqa: E402
from fusion_perception.lab.training.recipes.uaafusion import SIZES  # noqa: E402


@pytest.fixture
def images():
    torch.manual_seed(3)
    return torch.rand(2, 1, 12, 16), torch.rand(2, 1, 12, 16)


def build(faithful=False, step=0.5):
    torch.manual_seed(0)
    net = UAAFusion(width=8, stages=3, faithful=faithful).eval().requires_grad_(False)
    net.step_sizes.fill_(step)
    return net


def watch_data(net, images, **context):
    """Inputs of every proximal operator, and the iterates."""
    seen = []
    hooks = [stage.register_forward_hook(lambda _m, args, _o: seen.append(args[0])) for stage in net.stages]
    iterates = net.iterates(*images, **context)
    for hook in hooks:
        hook.remove()
    return seen, iterates


def test_the_data_step_pulls_every_iterate_to_the_weighted_sources(images):
    net, (thermal, luma) = build(step=0.25), images
    weight = torch.rand_like(thermal)
    seen, iterates = watch_data(net, images, weight=weight)
    assert torch.equal(iterates[0], 0.5 * (thermal + luma))
    for data, f in zip(seen, iterates, strict=False):
        expected = f - 0.25 * (weight * (f - thermal) + (1 - weight) * (f - luma))
        assert torch.allclose(data, expected, atol=1e-6)


def test_weights_change_the_result_and_the_step_sizes_learn(images):
    net = build().requires_grad_()
    plain, weighted = net(*images), net(*images, weight=torch.ones_like(images[0]))
    assert not torch.allclose(plain, weighted)
    weighted.square().sum().backward()
    assert bool((net.step_sizes.grad.abs() > 0).all())


def test_half_weights_are_no_weights(images):
    net = build()
    assert torch.allclose(net(*images), net(*images, weight=torch.full_like(images[0], 0.5)), atol=1e-6)


def test_as_released_the_weights_do_nothing(images):
    net = build(faithful=True)
    assert torch.equal(net(*images), net(*images, weight=torch.ones_like(images[0])))


@pytest.mark.parametrize("magnitude", [1e-12, 1e-4, 1.0, 1e4])
def test_the_gate_opens_and_closes_whatever_the_scale_of_the_attribution(magnitude):
    stage = ProximalStage(8, first=False, last=False, faithful=False)
    attention = torch.randn(2, 1, 16, 16) * torch.tensor([1.0, 50.0]).view(2, 1, 1, 1)
    gate = stage.gate(attention * magnitude).detach()
    assert torch.allclose(gate, stage.gate(attention), atol=1e-5)
    assert torch.allclose(gate, torch.sigmoid(attention / attention.square().mean((1, 2, 3), True).sqrt()), atol=1e-5)
    assert float(gate.min()) < 0.2
    assert float(gate.max()) > 0.8


def test_as_released_the_gate_stays_at_one_half():
    stage = ProximalStage(8, first=False, last=False, faithful=True)
    gate = stage.gate(torch.randn(1, 1, 16, 16) * 1e-4)
    assert float((gate - 0.5).abs().max()) < 1e-3


def test_no_attribution_is_a_gate_of_one_half(images):
    net = build()
    assert torch.allclose(net(*images), net(*images, attention=torch.zeros_like(images[0])))
    assert not torch.allclose(net(*images), net(*images, attention=torch.randn_like(images[0])))


def test_the_gain_learns(images):
    net = build().requires_grad_()
    net(*images, attention=torch.randn_like(images[0])).sum().backward()
    gains = [stage.gain for stage in net.stages]
    assert gains[0] is None  # nothing to explain before the first step
    assert all(float(gain.grad.abs()) > 0 for gain in gains[1:])


def test_a_function_sees_the_iterates_so_far_and_drives_the_next_stage(images):
    net = build().requires_grad_()
    calls = []

    def attention(iterates):
        calls.append([f.clone() for f in iterates])
        assert not any(f.requires_grad for f in iterates)
        return iterates[-1] - iterates[-2]

    found = net.iterates(*images, attention=attention)
    assert [len(call) for call in calls] == [2, 3]
    for call in calls:
        for seen, iterate in zip(call, found, strict=False):
            assert torch.equal(seen, iterate)
    assert not torch.allclose(found[-1], net(*images))


def test_memory_carries_from_stage_to_stage(images):
    """A change in what the LSTM of one stage remembers is seen in the result."""
    net = build()
    before = net(*images)
    net.stages[1].lstm.from_hidden.bias.add_(1.0)
    assert not torch.allclose(before, net(*images))


def test_published_and_lean_form_compute_the_same_from_shared_weights(images):
    """What the lean form leaves out cannot act: copied weights give equal results but for the first LSTM step."""
    lean, released = build(), build(faithful=True)
    state = released.state_dict()
    for name, value in lean.state_dict().items():
        if name in state and state[name].shape == value.shape:
            state[name] = value
    first = state["stages.0.lstm.from_input.weight"]
    kept = lean.stages[0].lstm.from_input
    state["stages.0.lstm.from_input.weight"] = torch.cat([kept.weight, first[len(kept.weight) :]])
    state["stages.0.lstm.from_input.bias"] = torch.cat(
        [kept.bias, state["stages.0.lstm.from_input.bias"][len(kept.bias) :]]
    )
    released.load_state_dict(state)
    released.faithful = False
    for stage in released.stages:
        stage.lstm.linear_start = False
    weight = torch.rand_like(images[0])
    assert torch.allclose(lean(*images, weight=weight), released(*images, weight=weight), atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_an_untrained_stage_carries_the_image_through(seed):
    torch.manual_seed(seed)
    thermal, luma = torch.rand(2, 1, 1, 24, 24) * 0.5
    mean, first, *_ = UAAFusion(width=16).iterates(thermal, luma)
    assert torch.corrcoef(torch.stack([mean.flatten(), first.flatten()]))[0, 1] > 0.9
    assert first.std() > 0.4 * mean.std()


@pytest.mark.parametrize("seed", range(2))
def test_training_on_dark_streets_does_not_end_in_a_flat_image(seed):
    """From a random start the loss falls by flattening the image, and no edge comes back."""
    torch.manual_seed(seed)
    coarse = torch.rand(4, 2, 3, 4).square() * 0.6
    thermal, luma = torch.nn.functional.interpolate(coarse, scale_factor=8, mode="bilinear").split(1, 1)
    target = thermal.maximum(luma)
    net = UAAFusion(width=16, stages=5)
    optimiser = torch.optim.Adam(net.parameters(), SIZES["cpu"].lr)
    for _ in range(40):
        optimiser.zero_grad()
        fused = net(thermal, luma)
        ((fused - 0.5 * (thermal + luma)).square().mean() + edge_maximum_loss(fused, thermal, luma)).backward()
        optimiser.step()
    assert torch.corrcoef(torch.stack([fused.detach().flatten(), target.flatten()]))[0, 1] > 0.6
    assert fused.std() > 0.5 * target.std()
