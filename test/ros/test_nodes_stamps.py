# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of cameras whose stamps cannot be used, and of losses: real processes over DDS on loopback."""
# ruff: noqa: F811 - fixtures of another module

import importlib.util
import re

import pytest

pytestmark = pytest.mark.ros
if importlib.util.find_spec("rclpy") is None:
    pytest.skip("rclpy is not installed", allow_module_level=True)
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")
from test.ros.test_nodes import end, model, probe, start  # noqa: E402, F401


@pytest.mark.parametrize("sensor", ["thermal", "rgb"])
def test_a_camera_with_bad_stamps_leaves_results_from_the_other_one(sensor, model, start):
    node = start("fusion_node", model=str(model), **{"diagnostics.period_s": 0.1, "sync.missing_after_ms": 500.0})
    findings = probe("bad_stamps", sensor)
    after, failures = findings.pop("after"), findings.pop("failures")
    for kind, found in findings.items():
        assert found["before"], f"pairs before the stamps are {kind}"
        assert found["said"], f"{kind}: {found['message']}"
        assert found["alone"], f"results from the other camera while stamps are {kind}"
    assert after, "pairs come back"
    assert failures == 0
    log = end(node)
    assert f"the stamps of {sensor} images do not advance: they are now at 0.000 s" in log
    for kind in ("ahead", "behind"):
        assert f"by this computer's clock those of {sensor} are wrong" in findings[kind]["message"]
    assert "Traceback" not in log


def test_losses_that_no_event_tells_are_counted(model, start):
    depth = {"qos_overrides./rgb/image_raw.subscription.depth": 2}
    node = start("fusion_node", model=str(model), **depth, **{"diagnostics.period_s": 0.1})
    findings = probe("flood")
    assert findings["lost"] > 0
    assert findings["known"] == findings["sent"]
    assert "raise qos_overrides./rgb/image_raw.subscription.depth" in end(node)


def test_stamps_of_the_future_are_a_warning_and_no_latency(model, start):
    node = start("fusion_node", model=str(model), **{"diagnostics.period_s": 0.1})
    findings = probe("ahead")
    assert findings["results"] >= 10
    told = re.search(
        r"rgb images are (.+?) s ahead of this node's clock, so latency is not measured", findings["message"]
    )
    assert 590 < float(told[1]) <= 600, "ten minutes, less the time that the images were on their way"
    assert findings["level"] == 1
    assert findings["latency"] is None
    end(node)


def test_cameras_that_run_free_of_one_another_pair(model, start):
    node = start("fusion_node", model=str(model), **{"diagnostics.period_s": 0.1})
    findings = probe("free_running")
    assert findings["pairs"] >= 10, findings["message"]
    assert "PTP" not in end(node)
