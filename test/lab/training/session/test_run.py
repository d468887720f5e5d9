# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.cli.main import main  # noqa: E402
from fusion_perception.errors import BackendError, DataError, ModelError  # noqa: E402
from fusion_perception.lab.data.dataset import PairDataset  # noqa: E402
from fusion_perception.lab.nets.system import System, load_system  # noqa: E402
from fusion_perception.lab.training.folds import Fold  # noqa: E402
from fusion_perception.lab.training.recipes.recipe import RecipeOptions  # noqa: E402
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.lab.training.session import data as session_data  # noqa: E402
from fusion_perception.lab.training.session.finished import check_conditions  # noqa: E402
from fusion_perception.lab.training.session.options import SessionOptions  # noqa: E402
from fusion_perception.lab.training.session.run import run_recipe  # noqa: E402
from fusion_perception.lab.training.training_summary import TRAINING  # noqa: E402
from fusion_perception.lab.training.validation import Score, Validator  # noqa: E402
from test.lab.training.scenes import samples, write_dataset, write_pairs  # noqa: E402
from test.lab.training.test_trainer import contents  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data") / "pairs")


def options(folder: Path | None, out: Path, **changes) -> SessionOptions:
    return SessionOptions(**{"out": out, "data": folder, "budget": "smoke", "steps": 6, "synthetic": 0, **changes})


def silent(text: str) -> None:
    pass


def parts_line(said: list[str]) -> str:
    """The line that tells the parts of the data; what the data set is stands before it."""
    (line,) = (line for line in said if " training pairs; " in line)
    return line


def test_a_recipe_of_one_stage(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    summary = run_recipe(get_recipe("segmif"), options(data, tmp_path / "out", steps=4), said.append)
    assert "8 training pairs; 2 held out for validation" in parts_line(said)
    assert summary == TRAINING.read_file(tmp_path / "out/summary.json")
    assert summary.conditions.steps == 4
    assert summary.conditions.data == "pairs"
    assert {"miou", "qabf"} <= summary.score.keys()
    assert summary.losses["segmif"]["segmentation"].first > 0
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith("1_")]
    _, record = load_system(tmp_path / "out/best.safetensors")
    assert record["recipe"] == "segmif"
    assert record["budget"] == "smoke"


def test_all_pairs_can_be_trained_on(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    out = tmp_path / "out"
    summary = run_recipe(get_recipe("segmif"), options(data, out, steps=4, held_out=0.0), said.append)
    assert "10 training pairs; 0 held out for validation" in parts_line(said)
    assert (summary.data.held_out, summary.score) == (0.0, {})
    last, best = (load_system(out / f"{name}.safetensors")[0].state_dict() for name in ("last", "best"))
    assert all(torch.equal(last[name], best[name]) for name in last)
    with pytest.raises(ModelError, match="made with "):
        run_recipe(get_recipe("segmif"), options(data, out, steps=4, resume=True), silent)


def test_the_same_weights_where_that_is_asked_for(data: Path, tmp_path: Path) -> None:
    recipe = get_recipe("segmif")
    for name in ("a", "b"):
        summary = run_recipe(recipe, options(data, tmp_path / name, steps=3, deterministic=True), silent)
    assert contents(tmp_path / "a/state.safetensors") == contents(tmp_path / "b/state.safetensors")
    assert (summary.conditions.deterministic, summary.conditions.compile) == (True, None)
    assert not torch.are_deterministic_algorithms_enabled()
    with pytest.raises(ModelError, match="made with deterministic = True, this run has None"):
        run_recipe(recipe, options(data, tmp_path / "a", steps=3, resume=True), silent)


def test_it_says_where_the_time_went(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    times = run_recipe(get_recipe("bdlfusion"), options(data, tmp_path), said.append).times
    assert list(times) == ["warmup", "bilevel"]
    assert sum(stage.steps for stage in times.values()) == 6
    parts = [sum(getattr(stage, part) for stage in times.values()) for part in ("update", "batches", "checks")]
    assert min(parts) > 0
    numbers = re.fullmatch(r"(\S+) s a step; (\S+)% in batches, (\S+)% in checks and files", said[-2])
    assert numbers is not None
    seconds, *shares = (float(number) for number in numbers.groups())
    assert seconds == pytest.approx(sum(parts) / 6, rel=0.01)  # it is rounded to three digits
    assert shares == pytest.approx([100 * part / sum(parts) for part in parts[1:]], abs=0.1)


def test_a_fold_is_held_out_whole(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validated: list[str] = []
    call = Validator.__call__

    def noted(self: Validator, system: System) -> Score:
        validated.extend(sample.name for sample in self.samples)
        return call(self, system)

    monkeypatch.setattr(Validator, "__call__", noted)
    seen: list[str] = []
    for number in (1, 2):
        said: list[str] = []
        wanted = options(data, tmp_path / str(number), steps=1, fold=Fold(number, 2))
        summary = run_recipe(get_recipe("segmif"), wanted, said.append)
        assert summary.conditions.fold == f"{number}/2"
        count = len(set(validated)) - len(seen)
        assert f"{10 - count} training pairs; {count} held out for validation" in parts_line(said)
        assert count > 2  # more than the budget's share
        seen = sorted(set(validated))
    assert seen == sorted(PairDataset(data, "train").names)


def test_a_fold_needs_labelled_pairs_and_no_share(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"fold 1/2 of what\?"):
        run_recipe(get_recipe("segmif"), options(None, tmp_path, fold=Fold(1, 2)), silent)
    with pytest.raises(DataError, match=r"held out, whole; leave --held-out 0\.2 out"):
        run_recipe(get_recipe("segmif"), options(data, tmp_path, fold=Fold(1, 2), held_out=0.2), silent)
    assert main(["train", "segmif", "--data", str(data), "--out", str(tmp_path), "--fold", "3/2"]) == 2


def test_boxes_stand_in_for_masks(tmp_path: Path) -> None:
    root = write_pairs(tmp_path / "mine", dict.fromkeys("abcdef", (64, 96)))
    (root / "labels").mkdir()
    for name in "abcde":
        (root / f"labels/{name}.txt").write_text("0 0.5 0.5 0.4 0.6\n")
    said: list[str] = []
    summary = run_recipe(get_recipe("segmif"), options(root, tmp_path / "out", steps=2), said.append)
    assert "4 training pairs; 1 held out for validation" in parts_line(said)
    assert any("(YOLO) for 5 of 6 pairs; person: person (5)" in line for line in said)
    assert (summary.data.boxes, summary.data.annotated) == ("YOLO", ("person",))
    assert TRAINING.read_file(tmp_path / "out/summary.json") == summary


@pytest.mark.parametrize("share", ["-0.1", "0.6", "nan"])
def test_a_share_held_out_is_checked(data: Path, share: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "segmif", "--data", str(data), f"--held-out={share}"]) != 0
    assert f"--held-out {float(share)}; allowed: 0 to 0.5" in capsys.readouterr().err


def test_a_recipe_of_several_stages_resumes_after_any_of_them(data: Path, tmp_path: Path) -> None:
    recipe = get_recipe("bdlfusion")
    whole = run_recipe(recipe, options(data, tmp_path / "whole"), silent)
    assert sorted(p.name for p in (tmp_path / "whole").iterdir() if p.is_dir()) == ["1_warmup", "2_bilevel"]
    assert set(whole.losses) == {"warmup", "bilevel"}
    (tmp_path / "parts").mkdir()
    shutil.copytree(tmp_path / "whole/1_warmup", tmp_path / "parts/1_warmup")
    said: list[str] = []
    run_recipe(recipe, options(data, tmp_path / "parts", resume=True), said.append)
    assert "bdlfusion warmup: finished before, 2 steps" in said
    for name in ("best.safetensors", "2_bilevel/state.safetensors"):
        assert contents(tmp_path / "whole" / name) == contents(tmp_path / "parts" / name)
    again = run_recipe(recipe, options(data, tmp_path / "whole", resume=True), silent)
    assert replace(again, seconds=0) == replace(whole, seconds=0)


def test_the_data_set_is_opened_once(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = PairDataset.__init__

    def counted(self, *arguments, **options) -> None:
        opened.append(arguments)
        real(self, *arguments, **options)

    monkeypatch.setattr(PairDataset, "__init__", counted)
    wanted = options(data, tmp_path / "out", only=("adapt",), steps=2)
    summary = run_recipe(get_recipe("realtime"), wanted, silent)
    assert opened == [(data, "train")]
    check_conditions(tmp_path / "out/summary.json", summary, get_recipe("realtime"), wanted)
    assert opened == [(data, "train")] * 2  # of another command


def test_tim_hands_its_search_on(data: Path, tmp_path: Path) -> None:
    other = write_dataset(tmp_path / "other")
    summary = run_recipe(get_recipe("tim"), options(data, tmp_path / "out", steps=7, pretext=(other,)), silent)
    search, pretext, task = (
        s.steps for s in get_recipe("tim").stages(RecipeOptions("smoke", scale=7 / 35, latency=((1.0,) * 8,) * 4))
    )
    # The search draws for both levels once it is warm, the pretext two batches for each of two tasks.
    assert summary.crops == 2 * (search + (search - round(0.2 * search)) + 4 * pretext + task)
    assert summary.data.pretext == ("other",)
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


def test_a_training_is_not_overwritten_for_a_forgotten_option(data: Path, tmp_path: Path) -> None:
    run_recipe(get_recipe("segmif"), options(data, tmp_path, steps=2), silent)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match=r"holds a training already \(state\.safetensors\); continue it with --resume"):
        run_recipe(get_recipe("segmif"), options(data, tmp_path, steps=2), silent)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    (tmp_path / "1_warmup").mkdir()
    (tmp_path / "state.safetensors").rename(tmp_path / "1_warmup/state.safetensors")
    with pytest.raises(DataError, match=r"holds a training already \(1_warmup/state\.safetensors\)"):
        run_recipe(get_recipe("segmif"), options(data, tmp_path, steps=2), silent)


def test_resuming_with_other_data_is_refused(data: Path, tmp_path: Path) -> None:
    recipe, out = get_recipe("segmif"), tmp_path / "out"
    run_recipe(recipe, options(data, out, steps=2), silent)
    other = shutil.copytree(data, tmp_path / "other" / data.name)
    names = (other / "train.txt").read_text().split()
    (other / "train.txt").write_text("\n".join(names[:-1]))
    with pytest.raises(ModelError, match="made with samples = "):
        run_recipe(recipe, options(other, out, steps=2, resume=True), silent)
    with pytest.raises(ModelError, match="made with synthetic = 0, this run has 1"):
        run_recipe(recipe, options(data, out, steps=2, resume=True, synthetic=1), silent)
    with pytest.raises(ModelError, match="made with labels = 'msrs9', this run has 'fmb15'"):
        run_recipe(recipe, options(data, out, steps=2, resume=True, labels="fmb15"), silent)


def test_the_summary_says_what_was_drawn(data: Path, tmp_path: Path) -> None:
    summary = run_recipe(get_recipe("bdlfusion"), options(data, tmp_path, steps=6), silent)
    warmup, bilevel = get_recipe("bdlfusion").stages(RecipeOptions("smoke", scale=0.06))
    upper = bilevel.steps // 3
    assert upper > 0
    assert summary.crops == 2 * (warmup.steps + bilevel.steps + upper)
    assert (summary.data.synthetic, summary.data.labels) == (0, "msrs9")
    assert summary.data.pretext is None and "pretext" not in TRAINING.write(summary)


def test_recipes_train_on_rendered_streets_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    streets = [replace(s, group=f"street{i // 2}") for i, s in enumerate(samples(12, 0, 64, 96))]
    monkeypatch.setattr(session_data, "synthetic_samples", lambda count, *_, **__: streets[:count])
    said: list[str] = []
    summary = run_recipe(get_recipe("segmif"), options(None, tmp_path, steps=2, synthetic=None), said.append)
    assert "10 training pairs; 2 held out for validation" in parts_line(said)
    assert summary.data.synthetic == 12


def test_what_is_impossible_is_said_before_anything_is_rendered(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_data, "synthetic_samples", lambda *_, **__: pytest.fail("rendered in vain"))
    file = tmp_path / "file"
    file.write_text("")
    for out in (file, file / "below"):
        with pytest.raises(DataError, match=r"it is a file; give the name|Not a directory; .*check the path"):
            run_recipe(get_recipe("segmif"), options(data, out, synthetic=8), silent)
    nowhere = tmp_path / "nowhere.safetensors"
    with pytest.raises(ModelError, match=r"nowhere\.safetensors: no such checkpoint"):
        run_recipe(get_recipe("segmif"), options(data, tmp_path / "out", synthetic=8, init=(nowhere,)), silent)
    with pytest.raises(DataError, match="no folder nowhere"):
        run_recipe(get_recipe("tim"), options(data, tmp_path / "out", synthetic=8, pretext=(Path("nowhere"),)), silent)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"device": "tpu"}, BackendError, "allowed: auto, cpu, cuda"),
        ({"data": Path("nowhere")}, DataError, "nowhere"),
        ({"latency": Path("nowhere.json")}, DataError, "nowhere.json is no result of a search"),
        ({"labels": "cityscapes"}, DataError, "known: msrs9"),
        ({"pretext": (Path("nowhere"),)}, DataError, "no folder nowhere"),
    ],
)
def test_impossible_requests_are_refused(data: Path, tmp_path: Path, changes: dict, error, message: str) -> None:
    with pytest.raises(error, match=message):
        run_recipe(get_recipe("tim"), options(data, tmp_path, **changes), silent)


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
        (["--steps", "0"], "--steps 0; allowed: 1 to "),
        (["--data", "nowhere"], "nowhere"),
        (["--synthetic", "-1"], "--synthetic -1; allowed: 0 to "),
        (["--synthetic", "0"], "nothing to train on"),
    ],
)
def test_the_command_explains_what_is_wrong(arguments: list[str], message: str, tmp_path: Path, capsys) -> None:
    assert main(["train", "realtime", "--budget", "smoke", "--out", str(tmp_path), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_one_stage_alone_goes_on_with_what_was_trained(data: Path, tmp_path: Path) -> None:
    recipe = get_recipe("realtime")
    run_recipe(recipe, options(data, tmp_path / "first", steps=3), silent)
    start = tmp_path / "first/best.safetensors"
    summary = run_recipe(recipe, options(data, tmp_path / "second", steps=2, init=(start,), only=("fuse",)), silent)
    conditions = summary.conditions
    assert (conditions.steps, conditions.init, conditions.only) == (2, "best.safetensors", ("fuse",))
    old, new = load_system(start)[0], load_system(tmp_path / "second/last.safetensors")[0]
    for name, value in old.segmenter.state_dict().items():
        assert torch.equal(value, new.segmenter.state_dict()[name]), name
    assert not torch.equal(old.fuser.head.weight, new.fuser.head.weight)
    with pytest.raises(DataError, match="has no stage 'x'; its stages: segment, adapt, enlarge, fuse"):
        run_recipe(get_recipe("quality"), options(data, tmp_path, only=("x",)), silent)
    with pytest.raises(DataError, match="leave --stages out"):
        run_recipe(get_recipe("segmif"), options(data, tmp_path, only=("x",)), silent)
