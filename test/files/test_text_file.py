# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fusion_perception.files import text_file
from fusion_perception.files.text_file import read_text


def test_a_byte_order_mark_is_no_text(tmp_path):
    (tmp_path / "a").write_bytes("Wärme\n".encode())
    (tmp_path / "b").write_bytes("Wärme\n".encode("utf-8-sig"))
    assert read_text(tmp_path / "a") == read_text(tmp_path / "b") == "Wärme\n"
    for name in ("utf-16-le", "utf-16-be"):
        (tmp_path / name).write_bytes("\ufeffWärme\n".encode(name))
        assert read_text(tmp_path / name) == "Wärme\n"
    (tmp_path / "c").write_bytes(b"\xff")
    with pytest.raises(ValueError, match="codec can't decode"):
        read_text(tmp_path / "c")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no /dev/zero")
def test_what_never_ends(monkeypatch):
    monkeypatch.setattr(text_file, "MOST_BYTES", 1 << 20)
    with pytest.raises(ValueError, match="longer than 1 MiB"):
        read_text(Path("/dev/zero"))
