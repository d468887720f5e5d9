# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Runners; the one for GPUs on a session that computes on the CPU."""

import gc

import numpy as np
import pytest

from test.engine.tiny_model import random_pair, tiny_metadata, tiny_reference

torch = pytest.importorskip("torch", reason="what runs are torch modules")

from fusion_perception.lab.torch_backend.layout import Layout  # noqa: E402
from fusion_perception.lab.torch_backend.packed import Packed  # noqa: E402
from fusion_perception.lab.torch_backend.runner import DeviceRunner  # noqa: E402

from .host_session import HostSession  # noqa: E402
from .tiny_module import TinyModule  # noqa: E402


@pytest.fixture
def session():
    return HostSession()


@pytest.fixture
def make(session):
    def make(graph=True):
        metadata = tiny_metadata(True)
        names = [row.name for row in metadata.outputs(attribution=True)]
        images, maps = Layout.of_images(metadata), Layout.of_maps(metadata, attribution=True)
        with torch.inference_mode():
            return DeviceRunner(session, Packed(TinyModule(True), names, images, maps), images, maps, graph=graph)

    return make


def run(runner, pair):
    with torch.inference_mode():
        runner.upload(*pair)
        runner.launch()
        return runner.download()


@pytest.mark.parametrize("graph", [False, True])
def test_one_copy_each_way(session, make, graph):
    runner = make(graph)
    session.counts.clear()
    pair = random_pair()
    maps, expected = run(runner, pair), tiny_reference(*pair, attribution=True)
    for name in ("fused", "mask", "confidence", "attribution"):
        np.testing.assert_array_equal(maps[name], getattr(expected, name))
    counts = session.counts
    assert (counts["upload"], counts["download"], counts["synchronize"], counts["replay"]) == (1, 1, 1, int(graph))


def test_libraries_have_chosen_their_kernels_before_the_capture(make, session):
    ran = []
    original = session.capture
    session.capture = lambda work: (ran.append(session.counts["synchronize"]), original(work))[1]
    make()
    assert ran == [1]  # the device was waited for between the first runs and the capture


def test_results_stay_where_the_device_wrote_them(make):
    first = run(make(), random_pair(1))
    assert first["fused"].base is not None
    assert first["fused"].base is first["mask"].base  # one block, nothing was copied on the host


def test_page_locked_memory_is_bounded_however_many_results_are_kept(make, session):
    runner, kept, expected = make(), [], []
    session.counts.clear()
    for seed in range(30):
        pair = random_pair(seed)
        kept.append(run(runner, pair))
        expected.append(tiny_reference(*pair))
    assert session.counts["page_locked"] == 9  # eight that were handed out, and the one that is copied from
    for maps, reference in zip(kept, expected, strict=True):
        np.testing.assert_array_equal(maps["fused"], reference.fused)
        np.testing.assert_array_equal(maps["mask"], reference.mask)
    del kept, maps
    gc.collect()
    session.counts.clear()
    run(runner, random_pair())
    assert session.counts["page_locked"] == 1  # what is given back is lent again
