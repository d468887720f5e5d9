# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.sample_store import SampleStore, find_objects  # noqa: E402
from fusion_perception.labels import IGNORE  # noqa: E402
from test.lab.training.scenes import samples  # noqa: E402

CPU = torch.device("cpu")


def test_samples_are_kept_as_they_are_on_a_common_canvas() -> None:
    pairs = [*samples(2, 0), *samples(1, 1, 32, 96)]
    store = SampleStore(pairs, CPU)
    assert len(store) == 3
    assert store.thermal.shape == (3, 1, 48, 96) and store.rgb.shape == (3, 3, 48, 96) and store.maps.shape[1] == 2
    assert store.sizes == [(48, 80), (48, 80), (32, 96)]
    for i, pair in enumerate(pairs):
        h, w = store.sizes[i]
        assert np.array_equal(store.row("thermal", i)[0, :h, :w].numpy(), pair.thermal)
        assert np.array_equal(store.row("rgb", i)[:, :h, :w].permute(1, 2, 0).numpy(), pair.rgb)
        assert np.array_equal(store.row("maps", i)[0, :h, :w].numpy(), pair.labels)
        assert (store.maps[i, 0, h:] == IGNORE).all() and (store.maps[i, 0, :, w:] == IGNORE).all()
        assert not store.rgb[i, :, h:].any() and not store.rgb[i, :, :, w:].any()
    assert store.positions([pairs[2], pairs[0]]) == [2, 0]
    assert store.complete == [True, False, True]
    assert store.keys == ["night", "night", "night"]


def test_objects_are_numbered() -> None:
    labels = np.zeros((60, 80), np.uint8)
    labels[5:10, 5:10], labels[20:40, 30:50], labels[50:60, 70:73] = 2, 1, 1
    labels[30:50, 10:14], labels[46:50, 10:24] = 3, 3  # not a rectangle
    labels[0, :] = IGNORE
    numbers, objects = find_objects(labels, 7)
    assert [(o.number, o.label, o.area, o.rim) for o in objects] == [
        (1, 1, 400, True),
        (2, 3, 120, False),
        (3, 1, 30, True),
        (4, 2, 25, True),
    ]
    assert all(o.sample == 7 for o in objects)
    assert all((numbers == o.number).sum() == o.area for o in objects)
    assert ((numbers > 0) == ((labels > 0) & (labels != IGNORE))).all()
    assert objects[0].box == (14, 24, 46, 56) and objects[0].bottom == 46 / 60
    assert objects[1].box == (30, 10, 50, 24)
    assert objects[2].box == (47, 70, 60, 73)


def test_object_pixels_are_counted_by_cells() -> None:
    store = SampleStore(samples(3), CPU)
    for i, pair in enumerate(samples(3)):
        known = pair.labels > 0
        assert store.object_pixels(i, 0, 0, 48, 80) == known.sum()
        for box in ((8, 16, 40, 72), (0, 0, 16, 16), (16, 8, 17, 9)):
            top, left, bottom, right = box
            want = known[8 * round(top / 8) : 8 * round(bottom / 8), 8 * round(left / 8) : 8 * round(right / 8)].sum()
            assert store.object_pixels(i, *box) == want


def test_places() -> None:
    assert SampleStore(samples(1), CPU).where == "device"
    pinned = SampleStore(samples(1), CPU, "pinned")
    assert torch.equal(pinned.row("rgb", 0), SampleStore(samples(1), CPU).row("rgb", 0))
    with pytest.raises(ValueError, match="unknown place 'disk' for samples; allowed: device, pinned"):
        SampleStore(samples(1), CPU, "disk")


def test_a_store_that_fills_more_than_half_of_the_device_stays_with_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    from fusion_perception.lab.training import sample_store

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 4000))
    cuda = torch.device("cuda")
    assert [sample_store._place(size, cuda) for size in (500, 501)] == ["device", "pinned"]
