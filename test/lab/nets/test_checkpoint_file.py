# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints are believed only as far as they agree with themselves."""

import json
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")
pytest.importorskip("safetensors", reason="the file format")

from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec, load_system, save_system  # noqa: E402
from fusion_perception.lab.nets.tensor_file import halved  # noqa: E402
from fusion_perception.lab.training.training_state import TrainingState, load_state, save_state  # noqa: E402

SPEC = SystemSpec(
    "realtime",
    "realtime",
    fuser_options={"channels": 8, "depth": 1},
    segmenter_options={"widths": (16,) * 5, "blocks": (1,) * 4, "decoder": 16},
)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "s.safetensors"
    save_system(System(SPEC), file, {"recipe": "none", "miou": float("nan")})
    return file


def document_of(path):
    with safe_open(str(path), framework="pt") as file:
        return json.loads(file.metadata()["fusion_perception"])


def rewrite(path, text):
    save_file(load_file(path), path, metadata={"fusion_perception": text})


def old(path, **changes):
    """Rewrite a checkpoint as one of schema 1, which has no checksum, with a changed specification."""
    document = document_of(path)
    spec = {**document["spec"], **changes}
    rewrite(path, json.dumps({**document, "schema_version": 1, "spec": spec}))


def test_an_old_checkpoint_without_a_checksum_is_read(path):
    expected = load_system(path)[0].state_dict()
    old(path)
    found = load_system(path)[0].state_dict()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_weights_in_half_precision_come_back_as_float32(tmp_path):
    system, file, whole = System(SPEC), tmp_path / "half.safetensors", tmp_path / "whole.safetensors"
    save_system(system, file, half=True)
    save_system(system, whole)
    assert file.stat().st_size < 0.65 * whole.stat().st_size
    stored, found = load_file(file), load_system(file)[0].state_dict()
    halves = {name for name, value in stored.items() if value.dtype == torch.float16}
    assert halves == {name for name, value in stored.items() if value.dim() > 1}
    assert any(name.endswith("running_var") for name in stored.keys() - halves)
    for name, value in system.state_dict().items():
        assert found[name].dtype == value.dtype
        largest = float(value.abs().max())
        assert float((found[name].double() - value.double()).abs().max()) <= (largest * 2**-10 if name in halves else 0)


def test_a_half_precision_weight_that_changed_is_found(tmp_path):
    file = tmp_path / "half.safetensors"
    save_system(System(SPEC), file, half=True)
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.write_bytes(data)
    with pytest.raises(ModelError, match="does not agree with its checksum"):
        load_system(file)


@pytest.mark.parametrize(
    ("values", "half"),
    [
        ([[1.0, -65504.0]], True),
        ([[0.0, 0.0]], True),
        ([[1e-7, 1.0]], True),  # small beside the largest
        ([[1.0, 65520.0]], False),
        ([[1e-7, 2.1e-7]], False),
        ([[1.0, float("nan")]], False),
        ([[1.0, float("inf")]], False),
        ([1.0, 2.0], False),
        ([[]], False),
    ],
)
def test_what_half_precision_cannot_hold_stays_float32(values, half):
    weight = torch.tensor(values)
    (stored,) = halved({"weight": weight}).values()
    assert stored.dtype == (torch.float16 if half else torch.float32)
    if not half:
        assert stored is weight
    assert halved({"count": torch.ones(1, 1, dtype=torch.int64)})["count"].dtype == torch.int64


def test_a_figure_that_json_cannot_say_becomes_null(path):
    assert load_system(path)[1] == {"recipe": "none", "miou": None}


def test_a_checksum_is_not_optional_for_new_files(path):
    rewrite(path, json.dumps(document_of(path)))
    with pytest.raises(ModelError, match="does not agree with its checksum"):
        load_system(path)


def test_any_flipped_bit_is_noticed(path):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for at in rng.integers(8, len(whole), 150):
        data = bytearray(whole)
        data[at] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        with pytest.raises(ModelError):
            load_system(path)


def test_truncated_anywhere(path):
    whole = path.read_bytes()
    for end in np.random.default_rng(1).integers(0, len(whole), 40):
        path.write_bytes(whole[:end])
        with pytest.raises(ModelError):
            load_system(path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"segmenter_options": {"widths": [20000] * 5, "blocks": [1] * 4}}, "is 20000; allowed: -4096 to 4096"),
        ({"segmenter_options": {"widths": [4096] * 5, "blocks": [1] * 4}}, r"in the file and \[4096, "),
        ({"segmenter_options": {"widths": list(range(9999))}}, "has more than 512 values"),
        ({"fuser": "x" * 3_000_000}, r"it has \d+ characters; allowed"),
        ({"fuser": 7}, "spec.fuser is 7; allowed: a text"),
        ({"cascade": 1}, "spec.cascade is 1; allowed: true, false"),
        ({"offsets": {"car": "1"}}, "spec.offsets is"),
        ({"offsets": {"car": 1e30}}, "spec.offsets is"),
        ({"offsets": [1]}, "spec.offsets is"),
        ({"weights": "here"}, "spec has 'weights'; allowed: cascade, fuser"),
        ({"labels": "\ud800"}, "not UTF-8"),
    ],
)
def test_a_specification_is_checked_before_memory_is_taken(path, changes, says, monkeypatch):
    old(path, **changes)
    real = torch.empty
    with torch.device("meta"):
        real(1)  # torch lists what a device context redirects when one is first entered: before the name is replaced

    def empty(*size, **options):
        result = real(*size, **options)
        assert result.device.type == "meta" or result.nbytes < 1 << 24, "memory is taken for what the file only says"
        return result

    monkeypatch.setattr(torch, "empty", empty)
    start = time.monotonic()
    with pytest.raises(ModelError, match=says) as caught:
        load_system(path)
    assert time.monotonic() - start < 30
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"schema_version": 1e999}', "not finite"),
        ('{"schema_version": ' + "9" * 5000 + "}", "more than 64 bits"),
        ('{"schema_version": "2"}', "no schema_version"),
        ('{"schema_version": 3, "spec": {}}', "schema 3, this package reads up to 2; update"),
        ("[" * 5000, "not valid JSON"),
        ("[]", "not a JSON object"),
        ('{"schema_version": 1}', "carries no fusion_perception specification"),
    ],
)
def test_documents(path, text, says):
    rewrite(path, text)
    with pytest.raises(ModelError, match=says):
        load_system(path)


class TestTrainingState:
    @pytest.fixture
    def state(self, tmp_path):
        torch.manual_seed(0)
        network = torch.nn.Linear(64, 64)
        file = tmp_path / "state.safetensors"
        save_state(file, TrainingState({"n": network}, {}, {"step": 3}))
        return file, network

    def test_any_flipped_bit_is_noticed(self, state):
        file, network = state
        whole = file.read_bytes()
        rng = np.random.default_rng(0)
        for at in rng.integers(8, len(whole), 100):
            data = bytearray(whole)
            data[at] ^= 1 << rng.integers(8)
            file.write_bytes(data)
            with pytest.raises(ModelError):
                load_state(file, {"n": network}, {})

    def test_an_old_state_without_a_checksum_is_read(self, state):
        file, network = state
        key = "fusion_perception_training"
        document = {"schema_version": 1, "record": {"step": 3}, "scalars": {}}
        save_file(load_file(file), file, metadata={key: json.dumps(document)})
        load_state(file, {"n": network}, {})

    def test_a_record_that_could_not_be_read_is_not_written(self, tmp_path):
        with pytest.raises(ModelError, match=r"record\.best is inf; allowed: finite numbers; train anew"):
            save_state(tmp_path / "s", TrainingState({}, {}, {"best": float("inf")}))
        assert not list(tmp_path.iterdir())
