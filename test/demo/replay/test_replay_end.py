# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How the replay ends while its decoder is still busy."""

import threading

import pytest

from fusion_perception.demo.replay import replay_node


@pytest.mark.parametrize("busy", [True, False])
def test_a_decoder_that_is_still_busy_ends_with_the_process(monkeypatch, busy):
    left, release = [], threading.Event()
    decoder = threading.Thread(target=release.wait, name="decode" if busy else "other", daemon=True)
    monkeypatch.setattr(replay_node.os, "_exit", left.append)
    monkeypatch.setattr(replay_node, "run_node", lambda *_, **__: decoder.start() or 3)
    try:
        assert replay_node.main([]) == 3
        assert left == ([3] if busy else [])
    finally:
        release.set()
        decoder.join()
