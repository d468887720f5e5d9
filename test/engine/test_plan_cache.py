# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import pwd
import struct
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest

from fusion_perception.engine import sealed_file
from fusion_perception.engine.model_file import PLAN_MAGIC
from fusion_perception.engine.plan_cache import (
    PlanCache,
    PlanIdentity,
    check_plan,
    default_cache_dir,
    read_plan,
    write_plan,
)
from fusion_perception.errors import ModelError

from .tiny_model import tiny_metadata

IDENTITY = PlanIdentity("ab" * 32, "10.3.0", "Orin", "8.7", "aarch64", "fp16", 480, 640, True)
OTHERS = {
    "model_sha256": "cd" * 32,
    "tensorrt": "10.7.0",
    "gpu": "AGX",
    "sm": "8.9",
    "machine": "x86_64",
    "precision": "fp32",
    "height": 481,
    "width": 641,
    "attribution": False,
    "dla_core": 0,
    "tf32": True,
    "library": "tensorrt-rtx",
}


@pytest.fixture
def cache(tmp_path):
    return PlanCache(tmp_path / "plans")


def put(cache, identity=IDENTITY, body=b"the plan"):
    path = cache.path_of(identity, "tiny")
    write_plan(path, identity, tiny_metadata(), {"seconds": 1.5}, body)
    return path


def sealed(header, body=b"the plan", magic=PLAN_MAGIC) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    rest = struct.pack("<I", len(text)) + text + body
    return magic + hashlib.sha256(rest).digest() + rest


def good_header(**changes):
    header = {
        "schema_version": 1,
        "identity": asdict(IDENTITY),
        "metadata": tiny_metadata().to_json(),
        "build": {},
        **changes,
    }
    return {k: v for k, v in header.items() if v != "drop"}


class TestRoundTrip:
    def test_everything_comes_back(self, cache):
        plan = read_plan(put(cache))
        assert plan.identity == IDENTITY
        assert plan.metadata == tiny_metadata()
        assert plan.build == {"seconds": 1.5}
        assert bytes(plan.body) == b"the plan"

    def test_load(self, cache):
        assert cache.load(IDENTITY, "tiny") is None
        put(cache)
        assert cache.load(IDENTITY, "tiny").identity == IDENTITY

    def test_nothing_else_is_left_behind(self, cache):
        path = put(cache)
        assert list(cache.folder.iterdir()) == [path]

    def test_the_folder_is_private(self, cache):
        put(cache)
        assert cache.folder.stat().st_mode & 0o077 == 0

    def test_a_failing_write_keeps_the_old_file(self, cache, monkeypatch):
        path = put(cache)
        monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(ModelError, match=r"cannot write .*: disk full; give another place"):
            put(cache, body=b"new")
        monkeypatch.undo()
        assert bytes(read_plan(path).body) == b"the plan"
        assert list(cache.folder.iterdir()) == [path]

    def test_a_folder_that_is_a_file(self, tmp_path):
        (tmp_path / "plans").write_bytes(b"")
        with pytest.raises(ModelError, match="cannot write "):
            put(PlanCache(tmp_path / "plans"))


class TestIdentity:
    def test_table_is_complete(self):
        assert set(OTHERS) == {f.name for f in fields(PlanIdentity)}

    @pytest.mark.parametrize("part", OTHERS)
    def test_every_part_counts(self, cache, part):
        other = replace(IDENTITY, **{part: OTHERS[part]})
        assert other.key() != IDENTITY.key()
        assert cache.path_of(other, "tiny") != cache.path_of(IDENTITY, "tiny")
        put(cache)
        assert cache.load(other, "tiny") is None
        with pytest.raises(ModelError, match=f"built for other conditions: {part} .* instead of .*build it again"):
            check_plan(read_plan(cache.path_of(IDENTITY, "tiny")), other)

    def test_plans_of_earlier_releases_keep_their_names(self):
        """Those had no library in their identity: it was TensorRT."""
        parts = {name: value for name, value in asdict(IDENTITY).items() if name != "library"}
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        assert IDENTITY.key() == digest[:16]

    def test_a_plan_of_an_earlier_release_is_read(self, tmp_path):
        parts = {name: value for name, value in asdict(IDENTITY).items() if name != "library"}
        path = tmp_path / "old.plan"
        path.write_bytes(sealed(good_header(identity=parts)))
        assert read_plan(path).identity == IDENTITY

    def test_a_plan_under_a_wrong_name(self, cache):
        other = replace(IDENTITY, sm="8.9")
        put(cache).rename(cache.path_of(other, "tiny"))
        with pytest.raises(ModelError, match=r"sm 8\.7 instead of 8\.9"):
            cache.load(other, "tiny")

    def test_stale_plans_are_named(self, cache):
        put(cache)
        put(cache, replace(IDENTITY, attribution=False))
        (cache.folder / "broken.plan").write_bytes(b"x")
        reasons = cache.stale(replace(IDENTITY, tensorrt="10.7.0", gpu="AGX"))
        assert len(reasons) == 1
        assert "tensorrt 10.3.0 instead of 10.7.0, gpu Orin instead of AGX" in reasons[0]
        assert cache.stale(IDENTITY) == []

    @pytest.mark.parametrize("name", ["../../etc/cron", "a/b", "..", "", "x" * 500, "näme\n"])
    def test_model_names_cannot_leave_the_folder(self, cache, name):
        path = cache.path_of(IDENTITY, name)
        assert path.parent == cache.folder
        assert len(path.name) < 120
        assert path.name.isascii()


DAMAGED = {
    "empty": (b"", "is empty"),
    "foreign": (b"ftrt" + bytes(100), "is no TensorRT plan of this package"),
    "onnx": (b"\x08\x0a:" + bytes(100), "is no TensorRT plan"),
    "text mode": (PLAN_MAGIC.replace(b"\r\n", b"\n") + bytes(100), "is no TensorRT plan"),
    "magic alone": (PLAN_MAGIC, "cut short after 8 bytes"),
    "no body": (sealed(good_header(), b""), "a description but no plan"),
    "not json": (sealed(b"{"), "not valid JSON"),
    "deep json": (sealed(b"[" * 100000), "not valid JSON .nested too deep"),
    "not utf-8": (sealed(b'"\xff"'), "not valid JSON"),
    "list": (sealed([]), "not a JSON object"),
    "long": (PLAN_MAGIC + hashlib.sha256(b"\xff\xff\xff\xff").digest() + b"\xff" * 4, "more than it can hold"),
    "newer": (sealed(good_header(schema_version=2)), "plan schema 2, this package reads up to 1; update"),
    "no schema": (sealed(good_header(schema_version="drop")), "no schema_version"),
    "schema true": (sealed(good_header(schema_version=True)), "no schema_version"),
    "no identity": (sealed(good_header(identity="drop")), "identity is missing"),
    "short identity": (sealed(good_header(identity={"gpu": "Orin"})), "identity.model_sha256 is missing"),
    "identity a list": (sealed(good_header(identity=[1])), "identity is a list; allowed: an object"),
    "build a number": (sealed(good_header(build=3)), "build is 3; allowed: an object"),
    "foreign metadata": (sealed(good_header(metadata="{}")), "no schema_version"),
    "newer metadata": (
        sealed(good_header(metadata=tiny_metadata().to_json().replace('_version": 1', '_version": 9'))),
        "schema 9",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_plans(tmp_path, case):
    content, says = DAMAGED[case]
    path = tmp_path / "damaged.plan"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=says) as caught:
        read_plan(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_truncated_anywhere(cache):
    path = put(cache)
    data = path.read_bytes()
    for end in range(len(data)):
        path.write_bytes(data[:end])
        with pytest.raises(ModelError, match=r"empty|no TensorRT plan|cut short"):
            read_plan(path)


def test_any_flipped_bit_is_noticed(cache):
    path = put(cache)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for at in rng.choice(len(data), 300, replace=False):
        data[at] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(data))
        with pytest.raises(ModelError):
            read_plan(path)
        data = bytearray(path.read_bytes())
    with pytest.raises(ModelError):
        read_plan(path)


def test_control_characters_stay_out_of_messages(tmp_path):
    path = tmp_path / "odd.plan"
    path.write_bytes(sealed(good_header(identity={**asdict(IDENTITY), "gpu": "\x1b[2J\n" + "x" * 999})))
    with pytest.raises(ModelError) as caught:
        check_plan(read_plan(path), IDENTITY)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_missing(tmp_path):
    with pytest.raises(ModelError, match="no such model file"):
        read_plan(tmp_path / "absent.plan")


def test_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(sealed_file, "PLAN_MAX_BYTES", 10)
    path = tmp_path / "large.plan"
    path.write_bytes(bytes(11))
    with pytest.raises(ModelError, match="larger than"):
        read_plan(path)


class TestTimingCache:
    def test_round_trip(self, cache):
        assert cache.load_timing(IDENTITY) == b""
        cache.save_timing(IDENTITY, b"times")
        assert cache.load_timing(IDENTITY) == b"times"

    @pytest.mark.parametrize("part", OTHERS)
    def test_serves_every_model_on_the_same_tensorrt_and_gpu(self, cache, part):
        cache.save_timing(IDENTITY, b"times")
        shared = part not in {"tensorrt", "gpu", "sm", "machine"}
        assert cache.load_timing(replace(IDENTITY, **{part: OTHERS[part]})) == (b"times" if shared else b"")

    def test_damaged(self, cache):
        cache.save_timing(IDENTITY, b"times")
        path = cache.timing_path(IDENTITY)
        path.write_bytes(path.read_bytes()[:-1])
        assert cache.load_timing(IDENTITY) == b""


class TestDefaultFolder:
    def test_own_variable(self, monkeypatch):
        monkeypatch.setenv("FUSION_PERCEPTION_CACHE", "/somewhere")
        assert default_cache_dir() == Path("/somewhere")

    def test_xdg(self, monkeypatch):
        monkeypatch.delenv("FUSION_PERCEPTION_CACHE", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
        assert default_cache_dir() == Path("/cache/fusion_perception")

    def test_home(self, monkeypatch):
        monkeypatch.delenv("FUSION_PERCEPTION_CACHE", raising=False)
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setenv("HOME", "/home/robot")
        assert default_cache_dir() == Path("/home/robot/.cache/fusion_perception")

    def test_a_user_without_a_home(self, monkeypatch):
        for name in ("FUSION_PERCEPTION_CACHE", "XDG_CACHE_HOME", "HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
        with pytest.raises(ModelError, match="set FUSION_PERCEPTION_CACHE to a folder"):
            default_cache_dir()
