# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A fuser and a segmenter together: what each sees, what fits, what a file brings back."""

import json
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.nets.colour import luma, recolour  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec, load_system, save_system  # noqa: E402

SPECS = {
    "realtime": SystemSpec("realtime", "realtime"),
    "two encoders": SystemSpec("realtime", "mfnet_small"),
    "cascade": SystemSpec("bdlfusion_small", "segformer_small", cascade=True),
    "cascade on luminance": SystemSpec(
        "tdfusion_small", "segformer_small", "fmb15", cascade=True, segmenter_options={"in_channels": 1}
    ),
    "unfolding": SystemSpec("uaafusion_small", "mobilenet_deeplab_small", cascade=True),
    "guided by features": SystemSpec("segmif_small", "segformer_small", cascade=True),
    "searched": SystemSpec(
        "tim",
        "segformer_small",
        cascade=True,
        fuser_options={"channels": 8, "genotype": [["chain", ["dilconv_5_2"]], ["fusion", ["eca_3_1"]]]},
    ),
}


def images(batch=1, height=32, width=64):
    torch.manual_seed(7)
    return torch.rand(batch, 1, height, width), torch.rand(batch, 3, height, width)


@pytest.fixture(params=SPECS)
def system(request):
    torch.manual_seed(0)
    return System(SPECS[request.param]).eval()


@torch.no_grad()
def test_shapes(system):
    thermal, rgb = images(2)
    output = system(thermal, rgb)
    assert output.fused.shape == thermal.shape
    assert output.logits.shape[:2] == (2, len(system.labels))
    assert torch.equal(system.segment(thermal, rgb), output.logits)
    assert torch.equal(system.fuse(thermal, rgb), output.fused)


@torch.no_grad()
def test_a_saved_system_computes_the_same(system, tmp_path):
    save_system(system, tmp_path / "s.safetensors", {"recipe": "none"})
    again, training = load_system(tmp_path / "s.safetensors")
    assert again.spec == SystemSpec(**json.loads(json.dumps(vars(system.spec))))
    assert training == {"recipe": "none"}
    for a, b in zip(again(*images()), system(*images()), strict=True):
        assert torch.equal(a, b)


@torch.no_grad()
def test_offsets_change_the_decision_and_not_what_is_explained():
    plain = System(SPECS["realtime"]).eval()
    choosy = System(replace(SPECS["realtime"], offsets={"car": -2.0, "bike": 1.0})).eval()
    choosy.load_state_dict(plain.state_dict())
    pair = images(2)
    change = choosy(*pair).logits - plain(*pair).logits
    assert torch.allclose(change[:, [0, 1, 2, 3]].mean((0, 2, 3)), torch.tensor([0.0, -2.0, 0.0, 1.0]), atol=1e-5)
    assert torch.equal(choosy.segment(*pair), plain.segment(*pair))
    choosy.train(), plain.train()
    choosy.segmenter.eval(), plain.segmenter.eval()
    assert torch.equal(choosy(*pair).logits, plain(*pair).logits)  # training has none


@torch.no_grad()
def test_other_offsets_where_a_sensor_is_missing():
    spec = replace(SPECS["realtime"], offsets={"car": -2.0}, offsets_alone={"person": -1.0})
    system = System(spec).eval()
    thermal, rgb = images(3)
    thermal[1], rgb[2] = 0, 0
    change = (system(thermal, rgb).logits - system.segment(thermal, rgb)).mean((2, 3))[:, 1:3]
    assert torch.allclose(change, torch.tensor([[-2.0, 0.0], [0.0, -1.0], [0.0, -1.0]]), atol=1e-5)
    none = System(replace(spec, offsets_alone={})).eval()
    assert torch.equal(none(thermal, rgb).logits[1:], none.segment(thermal, rgb)[1:])


@pytest.mark.parametrize("name", ["offsets", "offsets_alone"])
def test_offsets_of_unknown_classes_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} name dog; classes: unlabelled, car"):
        System(replace(SPECS["realtime"], **{name: {"dog": 1.0}}))


def test_offsets_of_another_form_are_refused(tmp_path):
    system = System(SPECS["realtime"])
    system.spec = replace(system.spec, offsets=["car"])
    save_system(system, tmp_path / "s.safetensors")
    with pytest.raises(ModelError, match="weights do not fit their specification"):
        load_system(tmp_path / "s.safetensors")


@torch.no_grad()
def test_what_the_segmenter_of_a_cascade_sees():
    thermal, rgb = images()
    fused = 2 * torch.rand_like(thermal) - 0.5
    for channels in (1, 3):
        options = {"in_channels": channels}
        system = System(
            SystemSpec("bdlfusion_small", "segformer_small", cascade=True, segmenter_options=options)
        ).eval()
        seen = fused if channels == 1 else recolour(fused, rgb)
        assert torch.equal(system.segment_fused(fused, rgb), system.segmenter(seen.clamp(0, 1)))


@torch.no_grad()
@pytest.mark.parametrize("channels", [1, 3])
def test_features_come_from_the_visible_image_as_the_segmenter_sees_it(channels):
    spec = SystemSpec("segmif_small", "segformer_small", cascade=True, segmenter_options={"in_channels": channels})
    system = System(spec).eval()
    thermal, rgb = images()
    features = system.segmenter.features(luma(rgb) if channels == 1 else rgb)[:2]
    expected = system.fuser(thermal, luma(rgb), features=features)
    assert torch.equal(system.fuse(thermal, rgb), expected)
    absent = system.fuse(thermal, rgb, features=None)
    assert torch.equal(absent, system.fuser(thermal, luma(rgb)))
    assert not torch.allclose(absent, expected)


def test_context_reaches_the_fuser_and_the_logits():
    system = System(SPECS["unfolding"]).eval()
    thermal, rgb = images()
    weight = torch.rand_like(thermal, requires_grad=True)
    (gradient,) = torch.autograd.grad(system(thermal, rgb, weight=weight).logits.square().sum(), weight)
    assert float(gradient.abs().max()) > 0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (SystemSpec("realtime", "realtime", cascade=True), "sees both sensors; it needs cascade=False"),
        (SystemSpec("realtime", "segformer_small"), "sees one image; it needs cascade=True"),
        (
            SystemSpec("segmif", "segformer_small", cascade=True),
            r"takes features of \(64, 128\) channels, segmenter 'segformer_small' offers \(16, 32\)",
        ),
        (SystemSpec("segmif_small", "mfnet_small"), "offers none"),
        (
            SystemSpec(
                "tim", "segformer_small", cascade=True, fuser_options={"genotype": [["chain", ["residual_4_1"]]]}
            ),
            "unknown operation 'residual_4_1'; allowed",
        ),
        (
            SystemSpec("tim", "segformer_small", cascade=True, fuser_options={"genotype": [["ring", []]]}),
            "unknown cell 'ring'; allowed: chain, fusion",
        ),
        (
            SystemSpec("uaafusion", "segformer_small", cascade=True, fuser_options={"stages": 1}),
            "at least 2 stages and an even width; got 1",
        ),
    ],
)
def test_networks_that_do_not_fit_are_refused_in_words(spec, message):
    with pytest.raises(ValueError, match=message):
        System(spec)


def test_a_file_whose_networks_do_not_fit_is_refused(tmp_path):
    path = tmp_path / "s.safetensors"
    system = System(SPECS["realtime"])
    save_system(system, path)
    document = {"schema_version": 1, "spec": {**vars(system.spec), "cascade": True}}
    save_file(load_file(path), path, metadata={"fusion_perception": json.dumps(document)})
    with pytest.raises(ModelError, match="weights do not fit their specification"):
        load_system(path)


def test_a_specification_of_the_first_release_still_loads(tmp_path):
    """Only fields with defaults may be added to SystemSpec."""
    path = tmp_path / "s.safetensors"
    save_system(System(SPECS["realtime"]), path)
    old = {"fuser": "realtime", "segmenter": "realtime", "labels": "msrs9", "cascade": False}
    document = {"schema_version": 1, "spec": {**old, "fuser_options": {}, "segmenter_options": {}}, "training": {}}
    save_file(load_file(path), path, metadata={"fusion_perception": json.dumps(document)})
    assert load_system(path)[0].spec == SystemSpec(**old)
