# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of ``fusion-perception evaluate``."""

import argparse
import json
import os
from dataclasses import replace

import cv2
import pytest

from fusion_perception.cli import evaluate
from fusion_perception.cli.main import main
from fusion_perception.errors import DataError, ModelError
from test.lab.evaluation.scenes import NAMES, write_dataset
from test.lab.evaluation.video.recordings import write_recording


def _run(*arguments):
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    return evaluate.run(parser.parse_args([str(a) for a in arguments]))


def test_a_baseline_prints_its_table_and_writes_json(tmp_path, capsys):
    data = write_dataset(tmp_path / "data")
    out = tmp_path / "figures.json"
    assert _run("max", "--data", data, "--limit", 2, "--json", out, "--baselines") == 0
    text = capsys.readouterr().out
    assert "max, all" in text and "average, day" in text and str(out) in text
    document = json.loads(out.read_text())
    assert document["method"] == {"kind": "baseline", "name": "max"}
    assert document["data"]["pairs"] == 2
    assert document["baselines"]["max"] == document["fusion"]


def test_a_folder_of_fused_images(tmp_path, capsys):
    data = write_dataset(tmp_path / "data")
    fused = tmp_path / "theirs"
    fused.mkdir()
    for name in NAMES:
        cv2.imwrite(str(fused / f"{name}.jpg"), cv2.imread(str(data / "vi" / f"{name}.png")))
    assert _run(fused, "--data", data, "--report", tmp_path / "report") == 0
    assert "theirs, night" in capsys.readouterr().out
    assert (tmp_path / "report" / "report.html").is_file()
    with pytest.raises(DataError, match="cannot be run again; leave --robustness"):
        _run(fused, "--data", data, "--robustness")
    (fused / f"{NAMES[0]}.jpg").unlink()
    with pytest.raises(DataError, match=f"no fused image '{NAMES[0]}'"):
        _run(fused, "--data", data)


def test_a_model_with_everything(tmp_path, capsys):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from test.engine.tiny_model import tiny_model

    data = write_dataset(tmp_path / "data")
    model = tmp_path / "tiny.onnx"
    model.write_bytes(tiny_model())
    out = tmp_path / "figures.json"
    arguments = ("--robustness", "--attribution", "--json", out, "--report", tmp_path / "report", "--threads", 1)
    assert _run(model, "--data", data, *arguments) == 0
    text = capsys.readouterr().out
    assert "cannot be looked into" in text  # the tiny model's attribution is no gradient
    for words in ("tiny, all", "Against the boxes", "consensus", "Stability", "Attribution", "misaligned 16 px"):
        assert words in text
    document = json.loads(out.read_text())
    assert len(document["robustness"]) == 13
    assert len(document["failures"]) == 18 and "One sensor fails, against 'consensus' labels" in text
    assert (tmp_path / "report" / "worst.jpg").is_file()


def test_what_the_engine_says_of_its_choice_is_printed(tmp_path, capsys, monkeypatch):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from fusion_perception.lab.evaluation.methods import ModelMethod
    from test.engine.tiny_model import tiny_model

    describe = ModelMethod.describe
    monkeypatch.setattr(ModelMethod, "describe", lambda method: replace(describe(method), notes=("a remark\x1b",)))
    (tmp_path / "tiny.onnx").write_bytes(tiny_model())
    data = write_dataset(tmp_path / "data")
    assert _run(tmp_path / "tiny.onnx", "--data", data, "--limit", 1, "--no-fusion", "--threads", 1) == 0
    assert "note: a remark\\x1b\n" in capsys.readouterr().out


def test_attribution_and_stability_of_an_exported_model(tmp_path, capsys, monkeypatch):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from fusion_perception.lab.evaluation import rendered_drive
    from test.lab.evaluation.explained_model import explained_model

    monkeypatch.setattr(rendered_drive.measure_drives, "__kwdefaults__", _short(rendered_drive.measure_drives))
    data = write_dataset(tmp_path / "data")
    model = tmp_path / "explained.onnx"
    model.write_bytes(explained_model())
    out, page = tmp_path / "figures.json", tmp_path / "report"
    arguments = ("--attribution", "--attribution-pairs", 2, "--stability", "--json", out, "--report", page)
    assert _run(model, "--data", data, "--threads", 1, *arguments) == 0
    text = capsys.readouterr().out
    for words in ("deletion and insertion", "random weights", "next frame of the same scene", "rendered streets"):
        assert words in text
    document = json.loads(out.read_text())
    assert document["faithfulness"]["pairs"] == 2
    assert document["faithfulness"]["completeness_error"]["all"]["median"] < 1e-4
    assert len(document["stability"]["rendered"]["drives"]) == 1
    assert "Score kept, thermal, night" in (page / "report.html").read_text()


@pytest.mark.slow
def test_shapley_values_of_an_exported_model(tmp_path, capsys):
    for package in ("torch", "onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(package)
    from fusion_perception.lab.export.deploy_config import DeployConfig
    from fusion_perception.lab.export.export_model import export_model
    from test.lab.export.test_shapley_graph import two_streams

    model, out = tmp_path / "streams.onnx", tmp_path / "figures.json"
    export_model(two_streams(), DeployConfig(64, 96), model, name="streams")
    data = write_dataset(tmp_path / "data")
    assert _run(model, "--data", data, "--no-fusion", "--attribution", "--threads", 1, "--json", out) == 0
    text = capsys.readouterr().out
    for words in ("values those of the game", "local occlusion", "leave a sensor that fails", "random weights"):
        assert words in text
    document = json.loads(out.read_text())
    assert "faithfulness" not in document or document["faithfulness"] is None
    assert document["shapley"]["efficiency_error"] < 1e-5 and document["shapley"]["value_error"] < 1e-5
    constant = [f for f in document["corruption"] if f["name"].startswith(("constant", "own mean"))]
    assert len(constant) == 10 and all(f["away"] in (1.0, None) for f in constant)
    assert document["attribution"]["all"]["gap"] is not None


def _short(function):
    return {**function.__kwdefaults__, "frames": 2, "size": (48, 64), "drives": (("day, standing", "day", 0.0),)}


def test_a_model_without_attribution_is_told(tmp_path, capsys):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from test.engine.tiny_model import tiny_model

    model = tmp_path / "tiny.onnx"
    model.write_bytes(tiny_model(attribution=False))
    assert _run(model, "--data", write_dataset(tmp_path / "data"), "--attribution", "--threads", 1) == 0
    assert "has no attribution output" in capsys.readouterr().out
    assert _run("max", "--data", tmp_path / "data", "--attribution") == 0
    assert "'max' has no masks and no attribution" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_is_named_before_the_work(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        _run("max", "--data", tmp_path / "missing", "--json", tmp_path / "no" / "out.json")
    with pytest.raises(DataError, match="it is a folder; give the name of a file"):
        _run("max", "--data", tmp_path / "missing", "--json", tmp_path)


def test_rendered_streets_need_no_files(capsys):
    assert _run("max", "--data", "synthetic", "--limit", 2) == 0
    assert "max, day" in capsys.readouterr().out
    with pytest.raises(DataError, match="has no splits"):
        _run("max", "--data", "synthetic", "--split", "val")


MARKS = {
    "schema": "fusion_perception.video_marks",
    "schema_version": 1,
    "about": "made up",
    "recordings": {
        "a": {
            "width": 32,
            "height": 24,
            "judged": ["car"],
            "objects": [
                {"name": "all of it", "classes": ["person"], "boxes": {"0000": [0, 0, 32, 24]}, "sought": True}
            ],
        }
    },
}


def test_video_with_marks(tmp_path, capsys):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from test.engine.tiny_model import tiny_model

    model, marks, out = tmp_path / "tiny.onnx", tmp_path / "marks.json", tmp_path / "figures.json"
    model.write_bytes(tiny_model())
    marks.write_text(json.dumps(MARKS))
    write_recording(tmp_path / "video", "a")
    write_recording(tmp_path / "video", "b", 2)
    video = ("--video", tmp_path / "video", "--threads", 1, "--no-fusion")
    assert _run(model, *video, "--marks", marks, "--json", out, "--report", tmp_path / "report") == 0
    text = capsys.readouterr().out
    for words in ("class changes from frame to frame", "Video: false objects", "a: all", "of 3"):
        assert words in text
    assert "Nabf" not in text
    document = json.loads(out.read_text())
    assert [r["name"] for r in document["video"]] == ["a", "b"] and document["data"]["layout"] == "video"
    assert document["fusion"] == {} and document["temporal"]["frame_pairs"] + document["temporal"]["left_out"] == 3
    assert (tmp_path / "report" / "video.jpg").is_file()


def test_what_does_not_go_together_with_a_video_is_named(tmp_path):
    folder, marks = write_recording(tmp_path, "a"), tmp_path / "marks.json"
    marks.write_text(json.dumps(MARKS))
    assert _run("max", "--video", folder, "--limit", 1) == 0  # it only fuses: no figures of masks
    for arguments, says in {
        ("--split", "val"): "a video has neither splits nor a layout",
        ("--layout", "msrs"): "a video has neither splits nor a layout",
        ("--no-fusion",): "'max' has no masks; without the fusion metrics there is nothing to measure",
        ("--no-fusion", "--baselines"): "leave --baselines or --no-fusion out",
    }.items():
        with pytest.raises(DataError, match=says):
            _run("max", "--video", folder, *arguments)
    with pytest.raises(DataError, match="give the video by --video instead of --data"):
        _run("max", "--data", folder, "--marks", marks)
    with pytest.raises(SystemExit):
        _run("max", "--data", folder, "--video", folder)
    with pytest.raises(SystemExit):
        _run("max")


def test_wrong_data_and_wrong_model_are_named(tmp_path):
    with pytest.raises(DataError, match="no folder"):
        _run("max", "--data", tmp_path / "missing")
    data = write_dataset(tmp_path / "data")
    with pytest.raises(ModelError, match=r"model file .*nothing\.onnx.* not there"):
        _run(tmp_path / "nothing.onnx", "--data", data)


def test_names_of_pairs_that_would_forge_lines_and_tags(tmp_path, capsys):
    """In every place that shows a name: the terminal, the figures, the page and its pictures."""
    data = write_dataset(tmp_path / "data", names=("00001D", "00002N"), annotations=False)
    hostile = os.fsdecode(b"a\n[FATAL] \x1b[31m<b>&\xff\xe2\x80\xae0000")
    for folder in data.iterdir():
        for path in folder.iterdir():
            path.rename(folder / f"{hostile}{path.name}")
    out, page = tmp_path / "figures.json", tmp_path / "page"
    assert main(["evaluate", "max", "--data", str(data), "--json", str(out), "--report", str(page)]) == 0
    text = "".join(capsys.readouterr())
    html = (page / "report.html").read_text("utf-8")
    for shown in (text, html):
        assert all(line.isprintable() for line in shown.splitlines())
        assert not any(line.startswith("[FATAL]") for line in shown.splitlines())
    assert r"a\n[FATAL] \x1b[31m&lt;b&gt;&amp;\xff\u202e" in html and "<b>" not in html
    assert [frame["name"] for frame in json.loads(out.read_text())["frames"]] == [
        f"{hostile}0000{n}" for n in ("1D", "2N")
    ]
