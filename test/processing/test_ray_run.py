# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""On a local Ray, two workers make the same bag as one process."""

import importlib.util
from pathlib import Path

import pytest

from fusion_perception.errors import BackendError
from fusion_perception.processing.local_run import run_local
from fusion_perception.processing.ray_run import LOCAL, run_on_ray
from fusion_perception.progress import Progress

HAS_RAY = importlib.util.find_spec("ray") is not None


@pytest.mark.slow
@pytest.mark.skipif(not HAS_RAY, reason="ray is not installed")
def test_two_workers_make_the_same_bag(job, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "300")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    one, two = job("one"), job("two")
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(b"nonsense" * 50)
    (straight,) = run_local([one], 1, Progress(silent=True), lambda text: None)
    try:
        found = run_on_ray([two, job("bad", source=broken)], 2, LOCAL, Progress(silent=True), lambda text: None)
    except BackendError as error:  # Ray has limits of time of its own
        pytest.skip(f"Ray does not start here: {error}")
    assert [outcome.summary is not None for outcome in found] == [True, False]
    assert "cannot be opened as a bag" in found[1].error
    assert straight.summary.pairs == found[0].summary.pairs
    contents = [
        {path.name.rpartition("_")[2]: path.read_bytes() for path in Path(made.out).glob("*.mcap")}
        for made in (one, two)
    ]
    assert len(contents[0]) == 3
    assert contents[0] == contents[1]


@pytest.mark.skipif(HAS_RAY, reason="ray is installed")
def test_without_ray_one_sentence_says_what_to_install(job):
    with pytest.raises(BackendError, match=r"needs the package 'ray'.*fusion_perception\[ray\]"):
        run_on_ray([job()], 2, LOCAL, Progress(silent=True))
