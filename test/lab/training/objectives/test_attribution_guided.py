# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.nets.system import System, SystemSpec  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig  # noqa: E402
from fusion_perception.lab.training.objectives.attribution_guided import (  # noqa: E402
    AttributionGuidedConfig,
    AttributionGuidedObjective,
    SourceSegmentationObjective,
)
from fusion_perception.labels import MSRS9  # noqa: E402
from test.lab.training.scenes import samples, toy_batch  # noqa: E402

SPEC = SystemSpec(
    "uaafusion",
    "mobilenet_deeplab",
    cascade=True,
    fuser_options={"width": 4, "stages": 3},
    segmenter_options={"multiplier": 0.1, "skip": 8, "decoder": 8},
)


def objective(**options) -> AttributionGuidedObjective:
    torch.manual_seed(0)
    config = AttributionGuidedConfig(SegmentationLossConfig.plain(MSRS9), points=2, **options)
    return AttributionGuidedObjective(System(SPEC), config)


def batch() -> Batch:
    chosen = samples(2, 3, 32, 48)
    return Batch(
        torch.stack([torch.from_numpy(s.thermal)[None].float() / 255 for s in chosen]),
        torch.stack([torch.from_numpy(s.rgb).permute(2, 0, 1).float() / 255 for s in chosen]),
        torch.stack([torch.from_numpy(s.labels).long() for s in chosen]),
        torch.tensor([True, False]),
    )


def spied(target: AttributionGuidedObjective) -> list[dict]:
    """Record what the fuser is given."""
    seen: list[dict] = []
    fuse = target.system.fuse

    def record(*args, **context):
        attention = context.get("attention")
        maps: list[torch.Tensor] = []
        if attention is not None:
            context["attention"] = lambda iterates: maps.append(attention(iterates)) or maps[-1]
        seen.append({"weight": context.get("weight"), "maps": maps})
        return fuse(*args, **context)

    target.system.fuse = record
    return seen


def test_weights_and_attention_reach_the_fuser() -> None:
    guided = objective()
    seen = spied(guided)
    terms = guided(batch())
    assert set(terms) == {"intensity", "gradient", "task"}
    weight, maps = seen[0]["weight"], seen[0]["maps"]
    assert 0 <= weight.min() <= weight.max() <= 1
    assert weight.std() > 1e-3
    assert len(maps) == 2  # one for each stage after the first


def test_the_data_term_reaches_the_network() -> None:
    guided = objective().eval()
    b = batch()
    with torch.no_grad():
        for stage in range(3):
            guided.system.fuser.step_sizes[stage] = 0.5
        low, high = (guided.system.fuse(b.thermal, b.rgb, weight=torch.full_like(b.thermal, w)) for w in (0.0, 1.0))
    assert (low - high).abs().max() > 1e-4
    guided.train()
    torch.stack(list(guided(b).values())).sum().backward()
    assert guided.system.fuser.step_sizes.grad.abs().min() > 0


def test_the_attention_is_not_stuck_at_one_half() -> None:
    guided = objective()
    seen = spied(guided)
    guided(batch())
    for stage, attention in enumerate(seen[0]["maps"], 1):
        gate = guided.system.fuser.stages[stage].gate(attention)
        assert gate.std() > 0.02
        assert (gate - 0.5).abs().max() > 0.2


def test_one_backward_pass_trains_both_networks() -> None:
    guided = objective()
    torch.stack(list(guided(batch()).values())).sum().backward()
    for module in (guided.system.fuser.stages[2].output, guided.system.segmenter.classify):
        assert all(p.grad.abs().max() > 0 for p in module.parameters())
    assert guided.training
    assert guided.system.segmenter.training


def test_without_guidance_the_fuser_gets_neutral_values() -> None:
    guided = objective(neutral_share=1.0)
    seen = spied(guided)
    guided(batch())
    assert seen[0]["weight"] is None
    assert seen[0]["maps"] == []


def test_unknown_labels_are_filled_by_the_prediction() -> None:
    guided = objective()
    b = batch()
    b.labels[:, :5] = 255
    regions = guided.regions(b.labels, b.thermal)
    assert regions.max() < 9
    assert torch.equal(regions[:, 5:], b.labels[:, 5:])


def test_the_segmenter_is_prepared_on_both_sources() -> None:
    guided = objective()
    terms = SourceSegmentationObjective(guided.system, guided.config)(batch())
    assert set(terms) == {"task"}
    terms["task"].backward()
    assert guided.system.segmenter.classify.weight.grad.abs().max() > 0
    assert all(p.grad is None for p in guided.system.fuser.parameters())


def test_faithful_differs() -> None:
    b = toy_batch(0, 32, dtype=torch.float32)
    torch.manual_seed(1)
    ours = objective()(b)["intensity"]
    torch.manual_seed(1)
    theirs = objective(faithful=True)(b)["intensity"]
    assert theirs < ours  # squared weights below 1
