# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What training and export write, on a disk that is full: a sentence, and the old file or none."""

import resource
import threading

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.cli.fault import background_errors  # noqa: E402
from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.nets import system  # noqa: E402
from fusion_perception.lab.training.journal import Journal  # noqa: E402
from fusion_perception.lab.training.training_state import TrainingState, save_state  # noqa: E402


@pytest.fixture
def full_disk():
    """No file may grow beyond 100 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def save_checkpoint(path):
    networks = system.System(system.SystemSpec(fuser="realtime", segmenter="realtime"))
    system.save_system(networks, path)


def save_training(path):
    save_state(path, TrainingState({"a": torch.nn.Linear(9, 9)}, {}, {"step": 1}))


def write_graph(path):
    onnx = pytest.importorskip("onnx", reason="the export needs it")
    from fusion_perception.engine.model_file import open_model_file
    from fusion_perception.lab.export.onnx_graph import write_model
    from test.engine.tiny_model import tiny_model

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before[1], before[1]))
    source = path.parent.parent / "source.onnx"
    source.write_bytes(tiny_model())
    metadata = open_model_file(source).metadata
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    write_model(onnx.load(str(source)), metadata, path)


@pytest.mark.parametrize("kept", [None, b"kept"])
@pytest.mark.parametrize("write", [save_checkpoint, save_training, write_graph])
def test_the_old_file_or_none(tmp_path, write, kept, full_disk):
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / "file.bin"
    if kept:
        path.write_bytes(kept)
    with pytest.raises(DataError, match=r"cannot write .*file\.bin: File too large"):
        write(path)
    assert [p.read_bytes() for p in folder.iterdir()] == ([kept] if kept else [])


def test_the_journal(tmp_path, full_disk, capsys):
    pytest.importorskip("torch.utils.tensorboard", reason="its thread writes too")

    def write():
        journal = Journal(tmp_path)
        for step in range(9):
            journal.write(step, "train", {"loss": 1.0})

    with background_errors():
        with pytest.raises(DataError, match=r"cannot write .*(log\.jsonl|tensorboard): File too large"):
            write()
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                thread.join(5)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
