# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.doctor import model_check
from fusion_perception.doctor.gpu_check import Gpu
from fusion_perception.doctor.model_check import check_models
from fusion_perception.errors import ModelError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("FUSION_PERCEPTION_CACHE", str(folder))
    return folder


def test_shipped_models_and_no_plans(machine, cache):
    *models, plans = check_models(machine.surroundings)
    assert "model realtime" in {finding.name for finding in models}
    assert {finding.level for finding in models} == {"ok"}
    assert (plans.level, plans.text) == ("ok", f"none in {cache}")


def test_plans(machine, cache, monkeypatch):
    monkeypatch.setattr(model_check, "find_gpus", lambda at: ([Gpu("a card")], ""))
    plans = check_models(machine.surroundings)[-1]
    assert plans.level == "remark"
    assert plans.remedy.startswith("fusion-perception build realtime")
    cache.mkdir()
    (cache / "a.plan").write_bytes(bytes(3_000_000))
    plans = check_models(machine.surroundings)[-1]
    assert (plans.level, plans.text) == ("ok", f"1 in {cache} (3 MB)")


def test_a_cache_that_cannot_be_written(machine, cache, monkeypatch):
    cache.mkdir()
    monkeypatch.setattr(model_check.os, "access", lambda path, mode: False)
    plans = check_models(machine.surroundings)[-1]
    assert plans.level == "remark"
    assert "FUSION_PERCEPTION_CACHE" in plans.remedy


def test_a_damaged_model(machine, cache, monkeypatch):
    def damaged(path):
        raise ModelError("it does not agree with its checksum")

    monkeypatch.setattr(model_check, "open_model_file", damaged)
    finding = check_models(machine.surroundings)[0]
    assert (finding.level, finding.text) == ("wrong", "it does not agree with its checksum")


def test_no_models(machine, cache, monkeypatch):
    monkeypatch.setattr(model_check, "shipped_models", list)
    (finding,) = check_models(machine.surroundings)
    assert finding.level == "wrong"
