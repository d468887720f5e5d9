# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a comparison from training to pictures."""

import json
import re
from dataclasses import replace

import cv2
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")
pytest.importorskip("onnxscript", reason="the exporter needs onnxscript")
pytest.importorskip("onnxruntime", reason="models run on ONNX Runtime")

from fusion_perception.cli.main import main  # noqa: E402
from fusion_perception.errors import DataError, ModelError  # noqa: E402
from fusion_perception.lab.comparison.entrants import parse_loaded, train_entrant  # noqa: E402
from fusion_perception.lab.comparison.grid import choose_pairs  # noqa: E402
from fusion_perception.lab.comparison.run import ComparisonOptions, check_apart, compare  # noqa: E402
from fusion_perception.lab.data.dataset import PairDataset  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec, save_system  # noqa: E402
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.lab.training.session.files import SUMMARY  # noqa: E402
from fusion_perception.lab.training.session.finished import check_conditions  # noqa: E402
from fusion_perception.lab.training.session.options import SessionOptions  # noqa: E402
from fusion_perception.lab.training.training_summary import TRAINING  # noqa: E402
from test.lab.training.scenes import write_dataset  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    root = tmp_path_factory.mktemp("compared")
    data, out = write_dataset(root / "data"), root / "out"
    torch.manual_seed(0)
    save_system(System(SystemSpec("bdlfusion_small", "mfnet_small")), root / "other.safetensors")
    command = [
        "compare", "--data", str(data), "--out", str(out), "--budget", "smoke", "--threads", "1", "--seconds", "0.01",
        "--recipes", "realtime", "--load", f"other={root / 'other.safetensors'}", "--load", f"theirs={data / 'vi'}",
        "--rows", "1",
    ]  # fmt: skip
    assert main(command) == 0
    return root, out, command


def test_every_method_gets_every_figure(compared):
    _, out, _ = compared
    document = json.loads((out / "comparison.json").read_text())
    rows = {row["name"]: row for row in document["methods"]}
    assert list(rows) == ["realtime", "other", "theirs", "average", "max"]
    assert rows["realtime"]["training"]["budget"] == "smoke"
    assert rows["realtime"]["training"]["crops"] == 4 * rows["realtime"]["training"]["steps"]
    assert set(rows["realtime"]["networks"]) == {"fuser", "segmenter"}
    for name in ("realtime", "other"):
        assert rows[name]["cost"]["flops"] > 1e6
        assert rows[name]["cost"]["latency_ms"]["p50"] > 0
        assert "segmentation" in rows[name]
    assert rows["theirs"]["cost"] is None and rows["theirs"]["fusion"]["all"]["EN"] > 0
    assert rows["max"]["fusion"]["all"]["SD"] > rows["average"]["fusion"]["all"]["SD"]
    table = (out / "comparison.md").read_text()
    assert table.startswith("**All methods**") and "| theirs |" in table
    sheet = cv2.imread(str(out / "comparison.png"))
    assert sheet.shape[1] > 5 * 240


def test_what_was_trained_is_used_again(compared, capsys):
    _, out, command = compared
    before = (out / "realtime" / "best.safetensors").stat().st_mtime_ns
    assert main(command) == 0
    printed = capsys.readouterr()
    assert "trained before" in printed.out
    for name in ("realtime", "other", "theirs", "average", "max"):
        assert re.search(rf"^{name} +(\d+)/\1 \(", printed.err, re.MULTILINE), "how far the measuring is"
    assert (out / "realtime" / "best.safetensors").stat().st_mtime_ns == before


def test_a_training_under_other_conditions_is_refused(compared, capsys):
    root, out, command = compared
    assert main([*command, "--seed", "1"]) == 2
    assert "trained with seed = 0, this run has 1" in capsys.readouterr().err
    options = SessionOptions(out / "realtime", data=root / "data", budget="smoke")
    summary = TRAINING.read_file(out / "realtime" / SUMMARY)
    recipe = get_recipe("realtime")
    check_conditions(out, summary, recipe, options)
    with pytest.raises(DataError, match="trained with precision = 'fp32', this run has 'bf16'"):
        check_conditions(out, summary, recipe, replace(options, precision="bf16"))
    with pytest.raises(DataError, match="trained with budget"):
        train_entrant("realtime", replace(options, budget="cpu"), (48, 80), print)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recipe", "quality"),
        ("steps", 3),
        ("without", ["paste"]),
        ("init", "a.safetensors"),
        ("only", ["segment"]),
        ("teachers", ["a.safetensors"]),
        ("synthetic", 5),
        ("pretext", ["medical"]),
        ("labels", "fmb15"),
    ],
)
def test_a_training_that_was_asked_for_something_else_is_refused(compared, key, value):
    root, out, _ = compared
    options = SessionOptions(out / "realtime", data=root / "data", budget="smoke")
    values = json.loads((out / "realtime" / SUMMARY).read_text()) | {key: value}
    summary = TRAINING.read(values)
    with pytest.raises(DataError, match=f"trained with {key} = "):
        check_conditions(out, summary, get_recipe("realtime"), options)


def test_pairs_to_measure_on_are_not_trained_on(tmp_path):
    data = write_dataset(tmp_path / "data")
    options = SessionOptions(tmp_path / "out", data=data)
    check_apart(PairDataset(data, "val"), options)
    both = tmp_path / "both.txt"
    both.write_text((data / "val.txt").read_text() + "00000D\n")
    with pytest.raises(DataError, match=r"1 of the 3 pairs to measure on are trained on \(00000D\); .*--train-split"):
        compare(PairDataset(data, both), ComparisonOptions(tmp_path / "out", ("realtime",), training=options), print)
    assert not (tmp_path / "out").exists()
    other = write_dataset(tmp_path / "other")
    check_apart(PairDataset(other, "train"), options)


def test_loading_is_checked(tmp_path):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(DataError, match="allowed: NAME=PATH"):
        parse_loaded(["nothing"])
    with pytest.raises(DataError, match="does not exist"):
        parse_loaded([f"a={tmp_path / 'b'}"])
    with pytest.raises(DataError, match="twice"):
        parse_loaded([f"a={tmp_path}", f"a={tmp_path}"])
    for name in ("average", "max"):
        with pytest.raises(DataError, match=f"a method cannot be called '{name}'"):
            parse_loaded([f"{name}={tmp_path}"])
    from fusion_perception.lab.comparison.entrants import load_entrant

    with pytest.raises(ModelError, match="neither a checkpoint"):
        load_entrant("a", tmp_path / "a.txt", tmp_path, (32, 32))


def test_pairs_come_from_day_and_night():
    assert choose_pairs(["day"] * 4 + ["night"] * 2, 2) == [1, 3, 4, 5]
    assert choose_pairs([None, None, None], 1) == [1]
