# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Means of trained networks."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec, save_system  # noqa: E402
from fusion_perception.lab.training.soup import mean_of_checkpoints  # noqa: E402
from test.lab.training.scenes import tiny_system  # noqa: E402


def test_weights_and_statistics_are_averaged_and_counters_kept(tmp_path: Path) -> None:
    systems = [tiny_system(seed) for seed in range(3)]
    for number, system in enumerate(systems):
        for name, value in system.state_dict().items():
            if name.endswith("num_batches_tracked"):
                value.fill_(number + 7)
        save_system(system, tmp_path / f"{number}.safetensors")
    mean = mean_of_checkpoints([tmp_path / f"{number}.safetensors" for number in range(3)])
    for name, value in mean.state_dict().items():
        each = [system.state_dict()[name] for system in systems]
        if value.is_floating_point():
            assert torch.allclose(value, torch.stack(each).mean(0), atol=1e-6), name
        else:
            assert torch.equal(value, each[0]), name


def test_one_checkpoint_is_its_own_mean(tmp_path: Path) -> None:
    system = tiny_system()
    save_system(system, tmp_path / "a.safetensors")
    alone = mean_of_checkpoints([tmp_path / "a.safetensors"]).state_dict()
    assert all(torch.equal(value, alone[name]) for name, value in system.state_dict().items())


def test_different_networks_have_no_mean(tmp_path: Path) -> None:
    for name, options in (("plain", {}), ("grown", {"contrast": 8})):
        system = System(SystemSpec("realtime", "realtime", "msrs9", segmenter_options=options))
        save_system(system, tmp_path / f"{name}.safetensors")
    with pytest.raises(DataError, match=r"grown.safetensors and .*plain.safetensors hold different networks \('seg"):
        mean_of_checkpoints([tmp_path / "plain.safetensors", tmp_path / "grown.safetensors"])
