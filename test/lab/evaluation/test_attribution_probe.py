# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from fusion_perception.engine.model_file import CHECKSUM_KEY, open_model_file
from fusion_perception.errors import ImageError, ModelError
from fusion_perception.lab.evaluation import attribution_probe
from fusion_perception.lab.evaluation.attribution_probe import AttributionProbe, in_order, region_weights
from fusion_perception.model_store import find_model
from test.engine.tiny_model import tiny_model
from test.lab.evaluation.explained_model import BIAS, KERNEL, explained_graph, explained_model, explained_pair


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "explained.onnx"
    path.write_bytes(explained_model())
    return path


def test_what_comes_out_is_what_the_graph_computes(path):
    thermal, rgb = explained_pair()
    x = np.concatenate([thermal[None], rgb.transpose(2, 0, 1)]).astype(np.float64) / 255
    logits = np.einsum("kc,chw->khw", KERNEL[..., 0, 0], x) + BIAS[:, None, None]
    found = AttributionProbe(path, 1).explain(thermal, rgb)
    assert np.allclose(found.logits, logits, atol=1e-6)
    gradient = np.einsum("kc,khw->chw", KERNEL[..., 0, 0], region_weights(found.logits))
    assert np.allclose(found.thermal, gradient[0] * x[0], atol=1e-7)
    assert np.allclose(found.rgb, (gradient[1:] * x[1:]).sum(0), atol=1e-7)
    assert found.share.shape == thermal.shape
    assert np.allclose(AttributionProbe(path, 1).logits(thermal, rgb), logits, atol=1e-6)


def test_random_networks_differ_and_the_file_stays_as_it_was(path):
    before = path.read_bytes()
    assert open_model_file(path).sealed
    thermal, rgb = explained_pair()
    probe = AttributionProbe(path, 1)
    first, again, second = (probe.randomised(seed) for seed in (0, 0, 1))
    assert first.kernels == 1  # the backward convolution uses the same kernel
    assert (first.logits(thermal, rgb) == again.logits(thermal, rgb)).all()
    for other in (probe, second):
        assert not np.allclose(first.logits(thermal, rgb), other.logits(thermal, rgb), atol=0.01)
    assert path.read_bytes() == before


def test_a_file_that_was_edited_is_refused(tmp_path):
    data = bytearray(explained_model())
    at = data.find(KERNEL.tobytes())
    data[at + 2] ^= 1
    path = tmp_path / "edited.onnx"
    path.write_bytes(data)
    assert CHECKSUM_KEY.encode() in data
    with pytest.raises(ModelError, match="does not agree with its checksum"):
        AttributionProbe(path)


def test_what_cannot_be_checked_is_said(tmp_path):
    def written(name, data):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    with pytest.raises(ModelError, match="has no attribution output"):
        AttributionProbe(written("plain.onnx", tiny_model(attribution=False)))
    with pytest.raises(ModelError, match="cannot be looked into"):
        AttributionProbe(written("tiny.onnx", tiny_model()))
    with pytest.raises(ModelError, match="explains 'one_pixel'"):
        AttributionProbe(written("other.onnx", explained_graph(target="one_pixel").SerializeToString()))


def test_images_of_another_size_are_refused(path):
    thermal, rgb = explained_pair()
    with pytest.raises(ImageError):
        AttributionProbe(path).logits(thermal[:-1], rgb[:-1])


def test_the_weights_are_those_of_the_exported_target():
    torch = pytest.importorskip("torch")
    from fusion_perception.lab.attribution import targets

    assert attribution_probe.SMALLEST_REGION == targets.SMALLEST_REGION
    logits = np.random.default_rng(0).normal(size=(5, 30, 40)).astype(np.float32)
    logits[1, :2, :2] += 50  # a region below the smallest one
    expected = targets.predicted_region_weights(torch.from_numpy(logits)[None])[0].numpy()
    assert np.allclose(region_weights(logits), expected, rtol=1e-5, atol=1e-9)


def test_the_shipped_model_can_be_looked_into():
    rng = np.random.default_rng(3)
    thermal, rgb = (rng.integers(60, 120, shape, np.uint8) for shape in ((480, 640), (480, 640, 3)))
    probe = AttributionProbe(find_model("realtime"), 1)
    found = probe.explain(thermal, rgb)
    assert found.logits.shape[0] == len(probe.metadata.labels)
    assert found.thermal.shape == found.rgb.shape == found.share.shape == (480, 640)
    assert np.abs(found.thermal).max() > 0 and np.abs(found.rgb).max() > 0
    assert np.allclose(probe.logits(thermal, rgb), found.logits, atol=1e-3)
    assert probe.randomised(0).kernels > 5


@pytest.mark.parametrize("size", [(6, 8), (8, 6), (6, 20), (12, 12)])
def test_packed_logits_are_brought_in_order(size):
    height, width = size
    logits = np.random.default_rng(0).normal(size=(3, height, width)).astype(np.float32)
    packed = logits.reshape(3, height // 2, 2, width // 2, 2).transpose(0, 2, 4, 1, 3).reshape(3, 4, -1)
    assert np.array_equal(in_order(packed, width / height), logits)
    assert np.array_equal(in_order(logits, width / height), logits)
