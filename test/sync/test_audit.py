# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A small audit of the pairing; ``python -m test.sync.audit 400`` makes a large one."""

from test.sync.audit import audit


def test_no_promise_is_broken():
    found = audit(range(24))
    assert found["pairs"] >= 4000
    assert found["alone"] >= 1000
    assert found["ordered"] >= 4000
    for promise in ("unknown", "twice", "too far", "out of order"):
        assert found[promise] == 0, (promise, found)
    assert found["best found"] >= 0.93 * found["best"]
