# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
import os
import resource
import stat
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.files.atomic_file import replacing, write_bytes, write_image, write_json, write_text

WRITERS = {
    "bytes": lambda path: write_bytes(path, b"x" * 9000, memoryview(b"y")),
    "text": lambda path: write_text(path, "x" * 9000),
    "json": lambda path: write_json(path, ["x" * 9000]),
    "image": lambda path: write_image(path, np.random.default_rng(0).integers(0, 255, (80, 80, 3), np.uint8)),
}


@pytest.fixture(params=sorted(WRITERS))
def write(request):
    return WRITERS[request.param]


@pytest.fixture
def small_files():
    """No file may grow beyond 4096 bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_contents(tmp_path):
    write_bytes(tmp_path / "new" / "a.bin", b"ab", b"c")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"abc"
    write_text(tmp_path / "a.txt", "Wärme \udcff\n")
    assert (tmp_path / "a.txt").read_text("utf-8") == "Wärme \\udcff\n"
    write_json(tmp_path / "a.json", {"b": 1, "a": "\udcff"}, indent=None)
    assert (tmp_path / "a.json").read_text() == '{"b": 1, "a": "\\udcff"}\n'
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "a.json", float("inf"))
    assert json.loads((tmp_path / "a.json").read_text()) == {"b": 1, "a": "\udcff"}


def test_images(tmp_path):
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 255
    write_image(tmp_path / "red.png", red)
    assert cv2.imread(str(tmp_path / "red.png"))[0, 0].tolist() == [0, 0, 255]
    write_image(tmp_path / "grey.png", red[..., 0])
    assert cv2.imread(str(tmp_path / "grey.png"), cv2.IMREAD_UNCHANGED).shape == (4, 4)
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    write_image(tmp_path / "good.jpg", noise)
    write_image(tmp_path / "poor.jpg", noise, quality=5)
    assert (tmp_path / "poor.jpg").stat().st_size < (tmp_path / "good.jpg").stat().st_size
    for name in ("red.txt", "red"):
        with pytest.raises(DataError, match=r"use \.png or \.jpg"):
            write_image(tmp_path / name, red)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.jpg", "grey.png", "poor.jpg", "red.png"]


@pytest.mark.parametrize("existing", [None, b"kept"])
def test_a_full_disk_leaves_what_was_there(write, tmp_path, small_files, existing):
    path = tmp_path / "out.png"
    if existing:
        path.write_bytes(existing)
    with pytest.raises(DataError, match=r"cannot write .*out.png: File too large; raise the limit"):
        write(path)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == ([existing] if existing else [])


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_an_error_in_the_block_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "out.bin"
    path.write_bytes(b"kept")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise error
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"kept"]


def test_a_library_may_replace_the_temporary_file(tmp_path):
    path = tmp_path / "model.tar.onnx"
    with replacing(path) as temporary:
        assert (temporary.suffix, temporary.parent) == (".onnx", tmp_path)
        temporary.unlink()
        temporary.write_bytes(b"whole")
        assert not path.exists()
    assert [(p, p.read_bytes()) for p in tmp_path.iterdir()] == [(path, b"whole")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_devices_are_written_to_and_not_replaced(write, tmp_path):
    (tmp_path / "full.png").symlink_to("/dev/full")
    with pytest.raises(DataError, match=r"No space left on device; free some space"):
        write(tmp_path / "full.png")
    assert Path("/dev/full").is_char_device()
    assert list(tmp_path.iterdir()) == [tmp_path / "full.png"]


def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"through")
    reader.join(10)
    assert found == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_symbolic_link_stays(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "real" / "there.txt")
    write_text(tmp_path / "link.txt", "a")
    write_text(tmp_path / "link.txt", "b")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real" / "there.txt").read_text() == "b"
    assert len(list((tmp_path / "real").iterdir())) == 1


def test_permissions_follow_the_umask_or_the_file_that_was_there(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new", "a")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_text(tmp_path / "new", "b")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("folder", "it is a folder; give the name of a file"),
        ("file.png/new", "file.png is a file; .*check the path"),
        ("file.png/new/new", "Not a directory; .*check the path"),
        ("x" * 256, "File name too long; give a shorter name"),
    ],
)
def test_impossible_places(write, tmp_path, place, says):
    (tmp_path / "file.png").write_text("kept")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(DataError, match=f"cannot write .*: .*{says}$"):
        write((tmp_path / place).with_suffix(".png"))
    assert len(list(tmp_path.rglob("*"))) == 2


@pytest.mark.parametrize("name", ["x" * 251 + ".txt", "é" * 125 + ".txt", ".hidden", "x." + "y" * 253, b"\xff\n.txt"])
def test_names_at_the_limit(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    write_text(path, "a")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["a"]
    assert path.read_text() == "a"


def test_two_writers_of_one_file(tmp_path):
    path = tmp_path / "out.txt"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("first")
        second.write_text("second")
        assert first != second
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]
