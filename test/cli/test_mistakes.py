# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every verb with every kind of mistake: one line that says what is wrong, exit code 2, nothing half written."""

import importlib.util
import os
import resource
import struct
import subprocess
import sys
import zlib

import pytest

from fusion_perception.cli.main import EXIT_ERROR, main
from fusion_perception.lab.bench import ceilings
from test.lab.evaluation.scenes import NAMES, write_dataset

HOSTILE = os.fsdecode(b"a\n[FATAL] \x1b[2J\xff\xe2\x80\xae")
"""A file name with a line of its own, an escape code, a byte that is no UTF-8 and a change of direction."""

JUNK = b"\xff\x00\x1b[2J" * 9

KEPT = {"job.json", "worker_0.log", "worker_1.log", "worker_2.log", "worker_3.log"}
"""What ``process`` leaves of a bag that cannot be read: its job and its log; the next run begins anew there."""

# What is read: {bad} is the mistake.
READING = [
    "info {bad}",
    "evaluate {bad} --data {data}",
    "evaluate max --data {bad}",
    "evaluate max --data {data} --split {bad}",
    "evaluate max --video {bad}",
    "evaluate max --video {data} --marks {bad}",
    "bench {bad}",
    "bench --table {bad}",
    "bench --compare {bad} {bad}",
    "build {bad}",
    "export {bad} --out {out}",
    "compare --data {bad} --recipes none --out {out}",
    "compare --data {data} --split {bad} --recipes none --out {out}",
    "compare --data {data} --split {names} --recipes none --load a={bad} --out {out}",
    "train realtime --data {bad} --out {out}",
    "train realtime --data {data} --split {bad} --out {out}",
    "train realtime --data {data} --init {bad} --out {out}",
    "train realtime --data {data} --unlabelled {bad} --out {out}",
    "train tim --data {data} --latency {bad} --out {out}",
    "train tim --data {data} --pretext {bad} --out {out}",
    "bag-info {bad}",
    "calibrate --data {bad} --out {out}",
    "calibrate --data {data} --split {bad} --out {out}",
    "convert {bad} --out {out}",
    "crossvalidate realtime --data {bad} --out {out}",
    "crossvalidate realtime --data {data} --against {bad} --out {out}",
    "process {bad} --out {out}",
    "process {data} --model {bad} --out {out}",
    "process {data} --params {bad} --out {out}",
    "demo --data {bad} --out {out}",
    "demo --model {bad} --out {out}",
]
UNREADABLE = {
    "missing": "nowhere/model.onnx",
    "a hostile name": f"nowhere/{HOSTILE}",
    "a long name": "x" * 300,
    "a long path": "/".join(["y" * 200] * 30),
    "nobody's home": "~nobody_lives_here/x",
    "a link to itself": "loop",
    "an empty file": "empty.txt",
    "a file of junk": "junk",
    "an empty folder": "folder",
    "a device": "/dev/null",
}
# What is written.
WRITING = [
    "evaluate max --data {data} --limit 1 --json {bad}",
    "evaluate max --data {data} --limit 1 --report {bad}",
    "bench {model} --seconds 0.01 --threads 1 --json {bad}",
    "build {model} --cache-dir {bad}",
    "export junk --out {bad}",
    "compare --data {data} --split {names} --recipes none --load a={model} --seconds 0.01 --out {bad}",
    "train realtime --data {data} --out {bad}",
    "calibrate --data {data} --out {bad}",
    "convert {data} --out {bad}",
    "process {data} --model {model} --out {bad}",
    "demo --out {bad}",
]
UNWRITABLE = {
    "below a file": "junk/below",
    "a long name": "x" * 300 + ".json",
    "below a long name": "x" * 300 + "/a.json",
    "a hostile name below a file": f"junk/{HOSTILE}",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a data set and everything that is no data set."""
    root = tmp_path_factory.mktemp("mistakes")
    write_dataset(root / "data")
    (root / "names.txt").write_text(f"{NAMES[0]}\n")
    (root / "empty.txt").write_text("")
    (root / "junk").write_bytes(JUNK)
    (root / "folder").mkdir()
    (root / "kept.json").write_text("kept")
    (root / "loop").symlink_to(root / "loop")
    if importlib.util.find_spec("onnx") is not None:
        from test.engine.tiny_model import tiny_model

        (root / "tiny.onnx").write_bytes(tiny_model())
    return root


@pytest.fixture
def run(place, monkeypatch, capsys):
    """Run a command line with its names filled in; returns the one line of its error."""
    monkeypatch.chdir(place)
    before = set(place.rglob("*"))

    def run(command, bad):
        verb = command.split()[0]
        if verb in {"compare", "export", "train"}:
            pytest.importorskip("torch", reason="the verb needs it")
        if "{model}" in command:
            pytest.importorskip("onnx", reason="the tiny test model is written with the package onnx")
        places = {"bad": bad, "data": "data", "names": "names.txt", "out": "out/put", "model": "tiny.onnx"}
        code = main([word.format(**places) for word in command.split()])
        out, err = capsys.readouterr()
        assert code == EXIT_ERROR, err
        assert "Traceback" not in out + err
        assert all(line.isprintable() for line in err.splitlines())
        (line,) = [line for line in err.splitlines() if line.startswith(f"fusion-perception {verb}: ")]
        assert err.endswith(line + "\n")
        written = {path for path in place.rglob("*") if path.is_file()} - before
        assert all(path.name in KEPT and verb == "process" for path in written), written
        return line

    return run


@pytest.mark.parametrize("mistake", UNREADABLE)
@pytest.mark.parametrize("command", READING)
def test_reading(run, command, mistake):
    assert len(run(command, UNREADABLE[mistake])) < 2200


@pytest.mark.parametrize("mistake", UNWRITABLE)
@pytest.mark.parametrize("command", WRITING)
def test_writing(run, command, mistake):
    assert "cannot write" in run(command, UNWRITABLE[mistake])


@pytest.mark.parametrize("command", WRITING)
def test_a_file_in_place_of_a_folder_and_a_folder_in_place_of_a_file(run, place, command):
    wants_file = "--json" in command or command.startswith("export")
    assert "cannot write" in run(command, "folder" if wants_file else "junk")
    assert (place / "junk").read_bytes() == JUNK


@pytest.fixture
def full_disk():
    """No file may grow beyond 100 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("command", WRITING[:3])
@pytest.mark.parametrize("kept", [None, "kept"])
def test_a_full_disk(run, place, command, kept, full_disk, monkeypatch):
    monkeypatch.setattr(ceilings, "_COPY_BYTES", 1 << 16)
    monkeypatch.setattr(ceilings, "_CPU_SIZE", 32)
    target = place / f"{kept}.json"
    line = run(command, target.name if "--json" in command else "report")
    assert "cannot write" in line and "File too large; raise the limit" in line
    assert not target.exists() or target.read_text() == kept


def test_an_image_that_is_larger_than_the_memory(tmp_path):
    """In a process that has less memory than the header of a small file asks for."""
    for folder in ("vi", "ir"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00001D.png").write_bytes(_png(30000, 30000))
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "from fusion_perception.cli.main import main\n"
        f"sys.exit(main(['evaluate', 'max', '--data', {str(tmp_path)!r}]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == EXIT_ERROR
    assert "00001D.png" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def _png(width, height):
    """Return a PNG of a few bytes that says it has so many pixels."""
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(99))))
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*parts, (b"IEND", b""))
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
