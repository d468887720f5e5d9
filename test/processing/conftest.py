# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A small bag and a quick model."""

from contextlib import closing

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed")
pytest.importorskip("mcap", reason="mcap is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.image_messages import deserialize, stamp_ns
from fusion_perception.processing.job import JobSettings, make_job
from test.bags.make_bag import plain_bag
from test.demo.toy_model import write_toy_model

TOPICS = ("fusion/image", "fusion/mask", "fusion/attribution", "fusion/overlay/compressed")
PAIRS = 120  # three files: two of 50 pairs, and the rest


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    return write_toy_model(tmp_path_factory.mktemp("model") / "toy.onnx")


@pytest.fixture(scope="session")
def bag(tmp_path_factory):
    """Raw counts: their grey levels follow the scene, so that every pair depends on those before it."""
    return plain_bag(tmp_path_factory.mktemp("bags") / "drive", PAIRS, np.uint16)


@pytest.fixture
def job(toy, bag, tmp_path):
    """Makes a job; options are those of JobSettings."""

    def made(name="drive", source=bag, **options):
        settings = {"topics": TOPICS, "film": False, "backend": "onnxruntime", "threads": 1, **options}
        return make_job(source, tmp_path / name, JobSettings(model=str(toy), **settings))

    return made


@pytest.fixture
def messages():
    """Reads a bag of results: topic, time, stamp and content of every message."""

    def read(folder):
        with closing(BagReader(folder)) as reader:
            found = []
            for stored in reader.messages(reader.topics):
                message = deserialize(stored.data, stored.message_type)
                found.append((stored.topic, stored.time_ns, stamp_ns(message), stored.data))
            assert reader.damage == ()
            return found

    return read
