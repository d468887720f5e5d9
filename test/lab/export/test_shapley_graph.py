# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Shapley values in the exported graph: they are the module's, and cost nothing where nobody asks for them."""

import numpy as np
import pytest

from test.lab.export.models import pair, small_system

torch = pytest.importorskip("torch", reason="the torch side needs torch")
onnx = pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
pytest.importorskip("onnxruntime", reason="the exported graph runs in onnxruntime")

from fusion_perception.engine import open_engine  # noqa: E402
from fusion_perception.engine.metadata import AttributionInfo  # noqa: E402
from fusion_perception.engine.model_file import open_model_file  # noqa: E402
from fusion_perception.engine.parity import compare_engines  # noqa: E402
from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.attribution.shapley import sensor_evidence, sensor_states  # noqa: E402
from fusion_perception.lab.export.deploy_config import DeployConfig  # noqa: E402
from fusion_perception.lab.export.deployable import Deployable  # noqa: E402
from fusion_perception.lab.export.export_model import export_model  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec, save_system  # noqa: E402

pytestmark = pytest.mark.slow

HEIGHT, WIDTH = 64, 96
SIZE = {"height": HEIGHT, "width": WIDTH}


def two_streams() -> System:
    """An untrained system that decides for other classes by each sensor, and for one by neither."""
    torch.manual_seed(7)
    system = System(SystemSpec("realtime", "two_stream_small", fuser_options={"channels": 8, "depth": 1}))
    for stream in (system.segmenter.thermal, system.segmenter.rgb):
        for module in stream.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
    with torch.no_grad():
        system.segmenter.prior.copy_(torch.linspace(1, -1, 9))
        system.segmenter.head.weight.mul_(20)
    return system.eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The checkpoint and its export, once."""
    folder = tmp_path_factory.mktemp("shapley")
    save_system(two_streams(), folder / "m.safetensors")
    report = export_model(two_streams(), DeployConfig(**SIZE), folder / "m.onnx", name="two streams")
    assert "attribution: shapley" in report
    assert "TensorRT's parser takes every part of it" in report
    return folder


@pytest.fixture(scope="module")
def engine(folder):
    engine = open_engine(folder / "m.onnx", "onnxruntime", threads=1)
    yield engine
    engine.close()


def test_the_document_says_what_is_computed(folder):
    file = open_model_file(folder / "m.onnx")
    assert file.metadata.attribution == AttributionInfo.shapley()
    assert file.metadata.further_outputs == ("signed_thermal", "signed_rgb", "needed")


def test_the_graph_computes_the_values(engine):
    thermal, rgb = pair(HEIGHT, WIDTH)
    found = engine.infer(thermal, rgb, attribution=True)
    system = two_streams()
    with torch.no_grad():
        t = torch.from_numpy(thermal)[None, None] / 255
        c = torch.from_numpy(rgb).permute(2, 0, 1)[None] / 255
        evidence = sensor_evidence(sensor_states(system, t, c))
    for name, plane in (("signed_thermal", evidence.thermal), ("signed_rgb", evidence.rgb)):
        expected = plane[0, 0].repeat_interleave(2, 0).repeat_interleave(2, 1).numpy()
        assert np.ptp(expected) > 0.5
        np.testing.assert_allclose(found[name], expected, atol=1e-3)
    needed = evidence.needed[0, 0].repeat_interleave(2, 0).repeat_interleave(2, 1).numpy()
    assert len(np.unique(needed)) > 1
    assert np.mean(found["needed"] == needed) > 0.99
    for_thermal, for_rgb = (np.maximum(found[name], 0) + 0.05 for name in ("signed_thermal", "signed_rgb"))
    share = np.minimum(np.rint(256 * for_thermal / (for_thermal + for_rgb)), 255)
    assert np.abs(found.attribution - share).max() <= 1


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
def test_a_dead_sensor_is_never_named(engine, sensor, level):
    thermal, rgb = pair(HEIGHT, WIDTH)
    images = {"thermal": thermal, "rgb": rgb}
    images[sensor] = np.full_like(images[sensor], level)
    found = engine.infer(**images, attribution=True)
    assert not found[f"signed_{sensor}"].any()
    dead = found.attribution if sensor == "thermal" else 256 - found.attribution.astype(int)
    assert dead.max() <= 128
    assert dead.min() < 20


def test_without_a_listener_the_graph_is_as_if_it_had_no_attribution(folder, tmp_path):
    export_model(two_streams(), DeployConfig(**SIZE, attribution="none"), tmp_path / "plain.onnx", name="plain")
    plain = onnx.load(tmp_path / "plain.onnx").graph.node
    pruned = onnx.load_from_string(open_model_file(folder / "m.onnx").without_attribution()).graph.node
    asked = onnx.load(folder / "m.onnx").graph.node
    convolutions = [sum(node.op_type == "Conv" for node in nodes) for nodes in (plain, pruned, asked)]
    assert convolutions[0] == convolutions[1] < convolutions[2]
    assert len(pruned) == len(plain)


def test_the_torch_backend_agrees(folder, engine):
    reference = open_engine(folder / "m.safetensors", "torch", **SIZE)
    report = compare_engines(reference, engine, [pair(HEIGHT, WIDTH, seed) for seed in range(2)], attribution=True)
    assert {"signed_thermal_mean", "signed_rgb_mean", "needed_agreement", "attribution_mean"} <= set(report.figures)
    assert report.accepted, report.failures()


def test_half_precision_agrees(engine, tmp_path):
    export_model(two_streams(), DeployConfig(**SIZE, precision="fp16"), tmp_path / "m.onnx", name="half")
    half = open_engine(tmp_path / "m.onnx", "onnxruntime", threads=1)
    thermal, rgb = pair(HEIGHT, WIDTH)
    a, b = engine.infer(thermal, rgb, attribution=True), half.infer(thermal, rgb, attribution=True)
    same = a.mask == b.mask
    assert same.mean() > 0.95  # an untrained network decides by hairs
    for name in ("signed_thermal", "signed_rgb"):
        assert np.abs(a[name] - b[name])[same].mean() < 0.1


def test_the_gradient_is_there_for_comparison():
    steps = DeployConfig(attribution_steps=2).settled(has_states=True)
    assert steps.output_names[3:] == ["attribution"]
    assert steps.attribution_info == AttributionInfo(2, "power")
    chosen = DeployConfig(attribution="gradient", signed_maps=True).settled(has_states=True)
    assert chosen.output_names[3:] == ["attribution", "attribution_thermal", "attribution_rgb"]
    assert chosen.attribution_info == AttributionInfo(1, "right")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"attribution": "saliency"}, "'saliency' is not one of shapley, gradient, none, auto"),
        ({"attribution": "shapley"}, "cannot be asked what each sensor says alone.*choose attribution 'gradient'"),
    ],
)
def test_what_a_network_cannot_do(options, says):
    with pytest.raises(ModelError, match=says):
        Deployable(small_system(), DeployConfig(HEIGHT, WIDTH, **options))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"attribution": "shapley", "attribution_steps": 4}, "4 path .* leave them out, or choose 'gradient'"),
        ({"signed_maps": True}, "signed maps are of attribution 'gradient'"),
    ],
)
def test_settings_without_meaning_for_shapley_values(options, says):
    with pytest.raises(ModelError, match=says):
        Deployable(two_streams(), DeployConfig(**SIZE, **options))


def test_other_networks_go_on_with_the_gradient():
    assert DeployConfig().settled(has_states=False).attribution_info == AttributionInfo(1, "right")
    assert DeployConfig(attribution_steps=0).settled(has_states=True).attribution_info is None


@pytest.mark.parametrize("attribution", ["none", "shapley"])
def test_deciding_before_the_pixels_are_in_order_changes_nothing(attribution):
    module = Deployable(two_streams(), DeployConfig(**SIZE, attribution=attribution)).eval()
    images = [torch.from_numpy(image) for image in pair(HEIGHT, WIDTH)]
    assert (module.packing, module.system.segmenter.packed) == (2, True)
    with torch.no_grad():
        found = module(*images)
        module.packing, module.system.segmenter.packed = 1, False
        expected = module(*images)
    assert len(torch.unique(found[1])) > 1
    for name, value, wanted in zip(module.output_names, found, expected, strict=True):
        assert torch.equal(value, wanted), name


def test_a_gradient_sees_the_pixels_in_order():
    system = two_streams()
    Deployable(system, DeployConfig(**SIZE, attribution_steps=1))
    assert not system.segmenter.packed
