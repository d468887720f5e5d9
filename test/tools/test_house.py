# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the tool says of the house."""

from pathlib import Path

import pytest

from tools.house import floor_of, floors, imports, report, room_of, sizes


@pytest.mark.parametrize(
    ("module", "room"),
    [
        ("fusion_perception", ""),
        ("fusion_perception.types", "types"),
        ("fusion_perception.sync.pair_matcher", "sync"),
        ("fusion_perception.lab", "lab"),
        ("fusion_perception.lab.nets.fusers.tim", "lab.nets"),
        ("fusion_perception.demo.replay.pair_buffer", "demo.replay"),
    ],
)
def test_rooms(module, room):
    assert room_of(module) == room


def test_floors_add_up(tmp_path):
    package = tmp_path / "fusion_perception"
    for path, text in {"types.py": "a\nb\n", "sync/a.py": "a", "lab/nets/b.py": "a\n" * 301, "cli/c.py": ""}.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text)
    assert floors(sizes(tmp_path)) == {"runtime": (2, 3), "lab": (1, 301), "demo": (0, 0), "cli": (1, 0)}
    assert floor_of(Path("ros/worker.py")) == "runtime"


def test_rooms_import_one_another_as_the_contracts_allow():
    pytest.importorskip("grimp", reason="import-linter is not installed (make test installs it)")
    rooms = imports()
    assert "perceiver" in rooms["ros"]
    assert "lab.nets" in rooms["lab.training"]
    assert not {room for room in rooms["engine"] if room.startswith(("lab.", "demo", "ros"))}
    assert any(line.startswith("ros -> ") for line in report())
