# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from types import SimpleNamespace

import pytest

from fusion_perception.lab.torch_backend.agreement import Subject, agreement
from test.engine.tiny_model import tiny_metadata, tiny_reference

SUBJECT = Subject("ab" * 32, "fp32", "2.13", "0.2", "H100", "fp16", 12, 20, "shapley")


class Plain:
    """Computes the tiny model; ``wrong`` turns the mask around."""

    def __init__(self, precision="fp32", wrong=False):
        self.info = SimpleNamespace(metadata=tiny_metadata(True, precision=precision))
        self.wrong, self.closed = wrong, False

    def infer(self, thermal, rgb, *, attribution=False):
        outputs = tiny_reference(thermal, rgb, attribution)
        return replace(outputs, mask=1 - outputs.mask) if self.wrong else outputs

    def close(self):
        self.closed = True


@pytest.fixture
def references():
    """What ``open`` has opened."""
    opened = []

    def open_one():
        opened.append(Plain())
        return opened[-1]

    return SimpleNamespace(opened=opened, open=open_one)


def test_asked_once_and_written_down(references, tmp_path):
    for _ in range(3):
        found = agreement(SUBJECT, Plain("fp16"), references.open, tmp_path)
        assert found.failures == ""
        assert found.figures["mask_agreement"] == 1
        assert "attribution_mean" in found.figures
    assert [engine.closed for engine in references.opened] == [True]


def test_what_differs_is_remembered_too(references, tmp_path):
    for _ in range(2):
        found = agreement(SUBJECT, Plain("fp16", wrong=True), references.open, tmp_path)
        assert found.failures.startswith("mask_agreement 0")
    assert len(references.opened) == 1


@pytest.mark.parametrize("change", [{"torch": "2.14"}, {"device": "A10"}, {"checkpoint_sha256": "cd" * 32}])
def test_another_subject_is_asked_again(references, tmp_path, change):
    agreement(SUBJECT, Plain("fp16"), references.open, tmp_path)
    agreement(replace(SUBJECT, **change), Plain("fp16", wrong=True), references.open, tmp_path)
    assert len(references.opened) == 2


def test_a_damaged_record_is_no_answer(references, tmp_path):
    agreement(SUBJECT, Plain("fp16"), references.open, tmp_path)
    [record] = (tmp_path / "agreement").iterdir()
    for text in ("{", record.read_text().replace("H100", "A10"), "[]"):
        record.write_text(text)
        agreement(SUBJECT, Plain("fp16"), references.open, tmp_path)
    assert len(references.opened) == 4


def test_a_folder_that_cannot_be_written_costs_time_alone(references, tmp_path):
    (tmp_path / "file").write_text("")
    for _ in range(2):
        assert agreement(SUBJECT, Plain("fp16"), references.open, tmp_path / "file").failures == ""
    assert len(references.opened) == 2
