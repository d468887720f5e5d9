# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.evaluation.random_weights import randomise_weights, redraw  # noqa: E402


def _graph(values, nodes):
    return onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "g", [], [], [onnx.numpy_helper.from_array(v, n) for n, v in values.items()])
    )


def _conv(kernel):
    return onnx.helper.make_node("Conv", ["x", kernel], ["y"])


def _values(model):
    return {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}


KERNEL = np.random.default_rng(0).normal(0, 0.3, (16, 8, 3, 3)).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_new_values_have_the_same_spread_and_nothing_else_in_common(dtype):
    old = KERNEL.astype(dtype)
    new = redraw(old, 0)
    assert new.dtype == dtype and new.shape == old.shape
    assert np.std(new) == pytest.approx(0.3, rel=0.1)
    assert abs(np.corrcoef(old.ravel(), new.ravel())[0, 1]) < 0.1
    assert abs(np.mean(new)) < 0.03
    assert (redraw(old, 0) == new).all() and (redraw(old, 1) != new).mean() > 0.99


def test_copies_stay_copies_and_zeros_stay_zeros():
    flipped = np.ascontiguousarray(KERNEL[..., ::-1, ::-1].transpose(1, 0, 2, 3))
    expected = redraw(KERNEL, 3)[..., ::-1, ::-1].transpose(1, 0, 2, 3)
    assert np.allclose(redraw(flipped, 3), expected, rtol=1e-6)
    padded = np.pad(KERNEL, ((0, 0), (0, 0), (0, 1), (0, 1)))
    again = redraw(padded, 3)
    assert (again[..., 3, :] == 0).all()
    assert np.allclose(again[..., :3, :3], redraw(KERNEL, 3), rtol=1e-6)
    half = KERNEL.astype(np.float16)
    assert np.allclose(redraw(half, 3), redraw(half.astype(np.float32), 3), rtol=1e-3)


def test_kernels_change_and_everything_else_stays():
    nodes = [
        onnx.helper.make_node("Transpose", ["kernel"], ["rearranged"], perm=[1, 0, 2, 3]),
        _conv("rearranged"),
        onnx.helper.make_node("Mul", ["y", "factor"], ["z"]),
    ]
    model = _graph({"kernel": KERNEL, "factor": KERNEL}, nodes)
    assert randomise_weights(model, 0) == 1
    values = _values(model)
    assert (values["factor"] == KERNEL).all()
    assert (values["kernel"] == redraw(KERNEL, 0)).all()


def test_a_circle_of_nodes_ends():
    circle = [onnx.helper.make_node("Identity", [a], [b]) for a, b in (("a", "b"), ("b", "a"))]
    with pytest.raises(ModelError, match="no convolution kernels"):
        randomise_weights(_graph({"kernel": KERNEL}, [*circle, _conv("a")]), 0)


def test_integer_kernels_are_refused():
    with pytest.raises(ModelError, match="no convolution kernels of floating-point numbers"):
        randomise_weights(_graph({"kernel": np.ones((1, 1, 3, 3), np.int8)}, [_conv("kernel")]), 0)
