# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
safetensors = pytest.importorskip("safetensors.torch", reason="checkpoints need safetensors")

from fusion_perception.errors import BackendError  # noqa: E402
from fusion_perception.lab.training.distributed import ALONE, open_processes  # noqa: E402
from fusion_perception.lab.training.journal import read_journal  # noqa: E402
from test.lab.training.two_processes import STRATEGIES, run  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train in two gloo processes with one image each, and here in one process with two."""
    path = tmp_path_factory.mktemp("processes")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [*command, "-m", "test.lab.training.two_processes", str(path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    run(path, ALONE, 2)
    return path


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_processes_stay_equal(folder: Path, strategy: str) -> None:
    first, second = (safetensors.load_file(folder / f"{strategy}_2_{rank}.safetensors") for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)


# Not meta and pretext: there every process takes its inner step on its own share of the batch.
@pytest.mark.parametrize("strategy", ["joint", "alternating", "bilevel", "search"])
def test_two_processes_train_as_one_with_twice_the_batch(folder: Path, strategy: str) -> None:
    parts = safetensors.load_file(folder / f"{strategy}_2_0.safetensors")
    whole = safetensors.load_file(folder / f"{strategy}_1_0.safetensors")
    assert parts.keys() == whole.keys()
    for name in whole:
        torch.testing.assert_close(parts[name], whole[name], rtol=1e-4, atol=1e-6)


def test_the_first_process_writes_the_files(folder: Path) -> None:
    written = {p.name for p in (folder / "trainer").iterdir()}
    assert {"state.safetensors", "last.safetensors", "best.safetensors", "log.jsonl"} <= written
    lines = read_journal(folder / "trainer/log.jsonl")
    # A line before each of the two checks; the last one of times is that of the check after the last step.
    expected = [("train", 1), ("time", 1), ("train", 2), ("time", 2), ("time", 2)]
    assert [(line["kind"], line["step"]) for line in lines] == expected


def test_one_process_without_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with open_processes("cpu") as processes:
        assert processes == ALONE


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WORLD_SIZE", "2"), ("RANK", "0"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(BackendError, match="--nproc-per-node"), open_processes("cuda"):
        pass
