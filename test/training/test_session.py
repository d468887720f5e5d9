# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.cli.main import main  # noqa: E402
from fusion_perception.errors import BackendError, DataError, ModelError  # noqa: E402
from fusion_perception.labels import MSRS9  # noqa: E402
from fusion_perception.nets.system import System, SystemSpec, load_system, save_system  # noqa: E402
from fusion_perception.training.recipes.table import get_recipe  # noqa: E402
from fusion_perception.training.session import SessionOptions, check_labels, run_recipe  # noqa: E402
from test.training.scenes import samples, write_dataset  # noqa: E402
from test.training.test_trainer import contents  # noqa: E402


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data") / "pairs")


def options(folder: Path, out: Path, **changes) -> SessionOptions:
    return SessionOptions(**{"out": out, "data": folder, "budget": "smoke", "steps": 6, "synthetic": 0, **changes})


def silent(text: str) -> None:
    pass


def test_a_recipe_of_one_stage(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    summary = run_recipe(get_recipe("segmif"), options(data, tmp_path / "out", steps=4), said.append)
    assert "8 training pairs; 2 held out for validation" in said[1]
    assert summary == json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["steps"] == 4
    assert summary["data"] == "pairs"
    assert {"miou", "qabf"} <= summary["score"].keys()
    assert {"first", "last"} <= summary["losses"]["segmif"]["segmentation"].keys()
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith("1_")]
    _, record = load_system(tmp_path / "out/best.safetensors")
    assert record["recipe"] == "segmif"
    assert record["budget"] == "smoke"


def test_a_recipe_of_several_stages_resumes_after_any_of_them(data: Path, tmp_path: Path) -> None:
    recipe = get_recipe("bdlfusion")
    whole = run_recipe(recipe, options(data, tmp_path / "whole"), silent)
    assert sorted(p.name for p in (tmp_path / "whole").iterdir() if p.is_dir()) == ["1_warmup", "2_bilevel"]
    assert set(whole["losses"]) == {"warmup", "bilevel"}
    (tmp_path / "parts").mkdir()
    shutil.copytree(tmp_path / "whole/1_warmup", tmp_path / "parts/1_warmup")
    said: list[str] = []
    run_recipe(recipe, options(data, tmp_path / "parts", resume=True), said.append)
    assert "bdlfusion warmup: finished before, 2 steps" in said
    for name in ("best.safetensors", "2_bilevel/state.safetensors"):
        assert contents(tmp_path / "whole" / name) == contents(tmp_path / "parts" / name)
    again = run_recipe(recipe, options(data, tmp_path / "whole", resume=True), silent)
    assert {**again, "seconds": 0} == {**whole, "seconds": 0}


def test_tim_hands_its_search_on(data: Path, tmp_path: Path) -> None:
    other = write_dataset(tmp_path / "other")
    run_recipe(get_recipe("tim"), options(data, tmp_path / "out", steps=7, pretext=(other,)), silent)
    found = json.loads((tmp_path / "out/1_search/result.json").read_text())
    system, _ = load_system(tmp_path / "out/best.safetensors")
    assert [list(cell) for cell in system.spec.fuser_options["genotype"]] == found["genotype"]
    assert len(found["latency_ms"]) == 4


def test_a_training_list_with_names_of_the_validation_list_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"shares 2 names with .*val.txt"):
        run_recipe(get_recipe("realtime"), options(data, tmp_path, split=str(data / "val.txt")), silent)


def test_resuming_another_run_is_refused(data: Path, tmp_path: Path) -> None:
    run_recipe(get_recipe("realtime"), options(data, tmp_path, steps=2), silent)
    with pytest.raises(ModelError, match="made with seed = 0, this run has 1"):
        run_recipe(get_recipe("realtime"), options(data, tmp_path, steps=2, resume=True, seed=1), silent)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"device": "tpu"}, BackendError, "allowed: auto, cpu, cuda"),
        ({"data": Path("nowhere")}, DataError, "nowhere"),
        ({"latency": Path("nowhere.json")}, DataError, "not a readable JSON file"),
        ({"labels": "cityscapes"}, DataError, "known: msrs9"),
        ({"pretext": (Path("nowhere"),)}, DataError, "no folder nowhere"),
    ],
)
def test_impossible_requests_are_refused(data: Path, tmp_path: Path, changes: dict, error, message: str) -> None:
    with pytest.raises(error, match=message):
        run_recipe(get_recipe("tim"), options(data, tmp_path, **changes), silent)


def test_a_teacher_is_recorded_and_must_know_the_classes(data: Path, tmp_path: Path) -> None:
    start, other = tmp_path / "start.safetensors", tmp_path / "other.safetensors"
    for path, labels in ((start, "msrs9"), (other, "fmb15")):
        save_system(System(SystemSpec("realtime", "realtime", labels)), path)
    more = {"steps": 1, "only": ("distil",), "init": (start,)}
    summary = run_recipe(get_recipe("realtime"), options(data, tmp_path / "run", teachers=(start,), **more), silent)
    assert summary["teachers"] == ["start.safetensors"]
    with pytest.raises(DataError, match="knows the classes of fmb15, the data those of msrs9"):
        run_recipe(get_recipe("realtime"), options(data, tmp_path / "no", teachers=(other,), **more), silent)


def test_labels_outside_of_the_label_set_are_refused() -> None:
    chosen = samples(2)
    check_labels(chosen, MSRS9)
    chosen[1].labels[0, 0] = 9
    with pytest.raises(DataError, match=r"has label id 9; label set .msrs9. has 0\.\.8"):
        check_labels(chosen, MSRS9)


def test_the_command(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "realtime", "--data", str(data), "--budget", "smoke", "--steps", "2", "--synthetic", "0"]
    assert main([*arguments, "--out", str(tmp_path), "--threads", "1", "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert f"fusion-perception export {tmp_path}/best.safetensors --out realtime.onnx" in captured.out
    assert "realtime segment 1/1" in captured.err
    assert "realtime fuse 1/1" in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "0"], "--steps 0; allowed: 1 or more"),
        (["--data", "nowhere"], "nowhere"),
        (["--synthetic", "-1"], "--synthetic -1; allowed: 0 or more"),
        (["--synthetic", "0"], "nothing to train on"),
    ],
)
def test_the_command_explains_what_is_wrong(arguments: list[str], message: str, tmp_path: Path, capsys) -> None:
    assert main(["train", "realtime", "--budget", "smoke", "--out", str(tmp_path), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_one_stage_alone_from_the_networks_of_another_recipe(data: Path, tmp_path: Path) -> None:
    run_recipe(get_recipe("realtime"), options(data, tmp_path / "first", steps=2), silent)
    start = tmp_path / "first/best.safetensors"
    summary = run_recipe(
        get_recipe("quality"), options(data, tmp_path / "second", steps=3, init=(start,), only=("fuse",)), silent
    )
    assert (summary["steps"], summary["init"], summary["only"]) == (3, "best.safetensors", ["fuse"])
    old, new = load_system(start)[0], load_system(tmp_path / "second/last.safetensors")[0]
    assert new.spec.segmenter == "realtime_averaged"
    for name, value in old.segmenter.state_dict().items():
        assert torch.equal(value, new.segmenter.state_dict()[name]), name
    with pytest.raises(DataError, match="has no stage 'x'; its stages: segment, refine, contrast, fuse"):
        run_recipe(get_recipe("quality"), options(data, tmp_path, only=("x",)), silent)
    with pytest.raises(DataError, match=r"no stage of this run learns from a teacher; leave --teacher out"):
        run_recipe(get_recipe("quality"), options(data, tmp_path, teachers=(start,)), silent)
    with pytest.raises(DataError, match="leave --stages out"):
        run_recipe(get_recipe("segmif"), options(data, tmp_path, only=("x",)), silent)
