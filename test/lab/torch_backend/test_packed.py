# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import dataclasses

import numpy as np
import pytest

from test.engine.tiny_model import HEIGHT, WIDTH, random_pair, tiny_metadata

torch = pytest.importorskip("torch", reason="what is packed are torch modules")

from fusion_perception.lab.torch_backend.layout import Layout  # noqa: E402
from fusion_perception.lab.torch_backend.packed import Packed  # noqa: E402

SHAPLEY = dataclasses.replace(
    tiny_metadata(True), further_outputs=("signed_thermal", "signed_rgb", "needed")
)  # floats among the bytes


def test_arrays_lie_one_behind_the_other_and_floats_on_their_boundaries():
    layout = Layout.of_maps(SHAPLEY, attribution=True)
    assert [slot.name for slot in layout.slots][:2] == ["signed_thermal", "signed_rgb"]
    end = 0
    for slot in layout.slots:
        assert slot.begin == end
        assert slot.begin % np.dtype(slot.dtype).itemsize == 0
        end = slot.end
    assert layout.size == end == HEIGHT * WIDTH * (2 * 4 + 3 + 4)


def test_without_attribution_there_are_three_maps():
    layout = Layout.of_maps(SHAPLEY, attribution=False)
    assert [slot.name for slot in layout.slots] == ["fused", "mask", "confidence"]


def test_maps_share_the_memory_of_the_block():
    layout = Layout.of_images(SHAPLEY)
    block = np.zeros(layout.size, np.uint8)
    for number, slot in enumerate(layout.slots, 1):
        slot.of(block)[:] = number
    assert sorted(np.unique(block).tolist()) == [1, 2]


def test_bytes_in_bytes_out():
    """Whatever the module returns comes out under its name, whatever its place in the block."""

    class Network(torch.nn.Module):
        def forward(self, thermal, rgb):
            t = thermal.float()
            return rgb, thermal, 255 - thermal, thermal // 2, t / 7, -t, thermal // 64, torch.zeros(5)

    thermal, rgb = random_pair()
    images, maps = Layout.of_images(SHAPLEY), Layout.of_maps(SHAPLEY, attribution=True)
    names = [row.name for row in SHAPLEY.outputs(attribution=True)]
    block = np.zeros(images.size, np.uint8)
    for slot in images.slots:
        slot.of(block)[:] = {"thermal": thermal, "rgb": rgb}[slot.name]
    got = Packed(Network(), names, images, maps)(torch.from_numpy(block)).numpy()
    t = thermal.astype(np.float32)
    expected = {
        "fused": rgb,
        "mask": thermal,
        "confidence": 255 - thermal,
        "attribution": thermal // 2,
        "signed_thermal": t / np.float32(7),
        "signed_rgb": -t,
        "needed": thermal // 64,
    }
    assert {slot.name for slot in maps.slots} == set(expected)
    for slot in maps.slots:
        np.testing.assert_allclose(slot.of(got), expected[slot.name], rtol=1e-6, err_msg=slot.name)
