# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

pytest.importorskip("rclpy", reason="the room imports it")

from fusion_perception.engine import EngineInfo
from fusion_perception.ros.engine_watch import EngineWatch

INFO = EngineInfo("torch", "cuda:0", "CUDA graph", "fp16", "m", metadata=None, notes=("told already",))


def test_nothing_new():
    watch = EngineWatch()
    assert watch.news(INFO) == ("", ())  # nobody has said what it was
    watch.start(INFO)
    assert watch.news(INFO) == ("", ())
    assert watch.news(None) == ("", ())


def test_each_change_is_told_once():
    watch = EngineWatch()
    watch.start(INFO)
    compiled = replace(INFO, provider="CUDA graph, compiled")
    assert watch.news(compiled) == ("the engine runs as 'CUDA graph, compiled' now", ())
    assert watch.news(compiled) == ("", ())
    assert watch.news(replace(compiled, notes=("told already", "new"))) == ("", ("new",))
