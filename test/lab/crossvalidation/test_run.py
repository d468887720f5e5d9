# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.cli.main import main  # noqa: E402
from fusion_perception.lab.crossvalidation import run as module  # noqa: E402
from fusion_perception.lab.crossvalidation.document import CROSS_VALIDATION  # noqa: E402
from fusion_perception.lab.data.dataset import PairDataset  # noqa: E402
from fusion_perception.lab.evaluation.evaluator import Evaluator  # noqa: E402
from fusion_perception.lab.evaluation.methods import ModelMethod  # noqa: E402
from test.lab.training.scenes import write_dataset  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    root = tmp_path_factory.mktemp("crossvalidation")
    data, out = write_dataset(root / "data"), root / "out"
    names = [*(data / "train.txt").read_text().split(), *(data / "val.txt").read_text().split()]
    notes = {name: {"source": "consensus", "boxes": {"fusion": [[0, 2, 2, 60, 40]]}} for name in names}
    (data / "annotations.json").write_text(json.dumps(notes))
    command = [
        "crossvalidate", "segmif", "--data", str(data), "--budget", "smoke", "--steps", "4", "--synthetic", "0",
        "--threads", "1", "--device", "cpu", "--folds", "2", "--seeds", "2", "--out", str(out),
    ]  # fmt: skip
    assert main(command) == 0
    return data, out, command


def no_training(*_: object) -> None:
    raise AssertionError("trained again")


def test_each_pair_is_judged_once_for_each_seed(judged: tuple[Path, Path, list[str]]) -> None:
    data, out, _ = judged
    document = CROSS_VALIDATION.read_file(out / "crossvalidation.json")
    assert [(run.seed, run.fold) for run in document.runs] == [(0, 1), (0, 2), (1, 1), (1, 2)]
    for seed in (0, 1):
        judged_names = [name for run in document.runs if run.seed == seed for name in run.pairs]
        assert sorted(judged_names) == sorted(PairDataset(data, "train").names)
    matched = next(f for f in document.figures if (f.measure, f.split, f.label) == ("matched", "all", "person"))
    assert (matched.count, matched.seed_spread is None, matched.fold_spread is None) == (10, False, False)
    assert "**segmif, cross-validated: 2 folds, 10 pairs, seeds 0, 1**" in (out / "crossvalidation.md").read_text()


def test_judged_is_what_the_training_has_not_seen_as_evaluate_does(judged: tuple[Path, Path, list[str]]) -> None:
    data, out, _ = judged
    run = CROSS_VALIDATION.read_file(out / "crossvalidation.json").runs[1]
    (data / "fold.txt").write_text("\n".join(run.pairs))
    dataset = PairDataset(data, "fold")
    (data / "fold.txt").unlink()

    class Sized(ModelMethod):
        """The model at the size of the pairs."""

        def __init__(self, path: Path) -> None:
            from fusion_perception.lab.torch_backend.engine import TorchEngine
            from fusion_perception.perceiver import Perceiver

            self._engine = TorchEngine(path, attribution_steps=0, height=64, width=96)
            self._perceiver = Perceiver(self._engine)

    scores = Evaluator(dataset).run(Sized(out / "seed0/fold2/last.safetensors")).scores
    tally = run.boxes["all"]["person"]
    counts = scores.boxes["all"].counts["person"]
    assert (tally.boxes, tally.matched, tally.pixels, tally.inside) == (
        counts.boxes, counts.matched, counts.pixels, counts.inside,
    )  # fmt: skip
    iou = scores.masks["consensus"]["all"].confusion.iou
    for name, mask in run.masks["consensus"]["all"].items():
        if mask.truth:
            union = mask.truth + mask.predicted - mask.hits
            assert mask.hits / union == pytest.approx(iou[scores.labels.names.index(name)])


def test_what_is_finished_is_kept(
    judged: tuple[Path, Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    _, out, command = judged
    before = (out / "crossvalidation.json").read_bytes()
    monkeypatch.setattr(module, "train_once", no_training)
    assert main([*command, "--against", str(out / "crossvalidation.json"), "--name", "again"]) == 0
    assert (out / "crossvalidation.json").read_bytes() == before
    printed = capsys.readouterr().out
    assert "again beside segmif (out)" in printed
    assert "better in 0, worse in 0" in printed
    # The document went: what was trained is judged once more, to the same figures.
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    (copy / "crossvalidation.json").unlink()
    monkeypatch.undo()
    assert main([*command[:-1], str(copy)]) == 0
    assert "segmif: trained before, 4 steps" in capsys.readouterr().out
    first, second = (CROSS_VALIDATION.read_file(folder / "crossvalidation.json") for folder in (out, copy))
    assert first.figures == second.figures


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--steps", "8"], "made with steps = 4, this run has 8"),
        (["--folds", "3"], "made with folds = 2, this run has 3"),
        (["--folds", "1"], "--folds 1; allowed: 2 to 20"),
        (["--against", "nowhere.json"], "nowhere.json is no cross-validation"),
    ],
)
def test_another_kind_of_run_is_refused(
    judged: tuple[Path, Path, list[str]], changes: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*judged[2], *changes]) == 2
    assert message in capsys.readouterr().err


def test_boxes_alone_are_refused(
    judged: tuple[Path, Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "boxes"
    shutil.copytree(judged[0], data, ignore=lambda *_: ["Segmentation_labels"])
    assert (
        main(["crossvalidate", "segmif", "--data", str(data), "--out", str(tmp_path / "out"), "--device", "cpu"]) == 2
    )
    assert f"{data} has boxes and no masks, by which folds are judged; train with --fold 1/5" in capsys.readouterr().err


def test_folds_are_of_labelled_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crossvalidate", "segmif", "--out", str(tmp_path), "--device", "cpu"]) == 2
    assert "folds are made of labelled pairs; name a data set with --data" in capsys.readouterr().err
