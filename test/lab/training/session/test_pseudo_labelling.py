# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs without labels in a run: who labels them, and which stage draws them."""

import hashlib
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.errors import DataError, ModelError  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec, load_system, save_system  # noqa: E402
from fusion_perception.lab.training.pseudo_labels import pseudo_labelled  # noqa: E402
from fusion_perception.lab.training.recipes.realtime import UNLABELLED_SHARE  # noqa: E402
from fusion_perception.lab.training.recipes.recipe import RecipeOptions, StageContext  # noqa: E402
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.lab.training.samples import Sample  # noqa: E402
from fusion_perception.lab.training.session import data as session_data  # noqa: E402
from fusion_perception.lab.training.session import run as session_run  # noqa: E402
from fusion_perception.lab.training.session.options import SessionOptions  # noqa: E402
from fusion_perception.lab.training.session.run import run_recipe  # noqa: E402
from fusion_perception.labels import IGNORE, MSRS9  # noqa: E402
from test.lab.training.scenes import write_dataset, write_pairs  # noqa: E402
from test.lab.training.test_trainer import contents  # noqa: E402

pytestmark = pytest.mark.slow

RECIPE = "dense"  # the quickest of our recipes: they share their stages
PAIRS = {"a": (64, 96), "b": (64, 96), "c": (64, 96)}
ANY = 0.0
"""Networks that saw three steps are sure of nothing: their best guess will do."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data") / "pairs")


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pairs(tmp_path_factory.mktemp("more") / "more", PAIRS)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    stage = get_recipe(RECIPE).stages(RecipeOptions("smoke"))[0]
    save_system(stage.build(StageContext()).system, tmp_path / "start.safetensors")
    return tmp_path / "start.safetensors"


class Notes:
    """What a run labels, and what its stages draw from."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, confidence: float = ANY) -> None:
        self.labelled: list[list[Sample]] = []
        self.teachers: list[dict[str, torch.Tensor]] = []
        self.drawn: list[tuple[np.ndarray, np.ndarray, float]] = []
        notes = self

        def label(teachers, samples, device) -> list[Sample]:
            assert all((sample.labels == IGNORE).all() for sample in samples)
            notes.teachers += [{k: v.clone() for k, v in teacher.state_dict().items()} for teacher in teachers]
            notes.labelled.append(pseudo_labelled(teachers, samples, device, confidence))
            return notes.labelled[-1]

        class Source(session_data.BatchSource):
            def __init__(self, store, real, further, share, *rest) -> None:
                labels = (store.maps[:, 0].numpy()[list(map(int, part))] if part else [] for part in (real, further))
                notes.drawn.append((*labels, share))
                super().__init__(store, real, further, share, *rest)

        monkeypatch.setattr(session_run, "pseudo_labelled", label)
        monkeypatch.setattr(session_data, "BatchSource", Source)


def options(out: Path, **changes) -> SessionOptions:
    return SessionOptions(**{"out": out, "budget": "smoke", "steps": 3, "device": "cpu", **changes})


def test_a_stage_draws_pairs_that_the_one_before_has_labelled(
    data: Path, more: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, said = Notes(monkeypatch), []
    run_recipe(get_recipe(RECIPE), options(tmp_path / "out", data=data, unlabelled=(more,)), said.append)
    (labelled,) = notes.labelled
    assert len(labelled) == 3
    segment, adapt, fuse = notes.drawn
    assert len(segment[1]) == len(fuse[1]) == 0
    assert adapt[2] == UNLABELLED_SHARE
    assert np.array_equal(adapt[1], np.stack([sample.labels for sample in labelled]))
    assert np.array_equal(adapt[0], segment[0])
    assert "labelled 3 pairs by what was trained before: 100% of their pixels" in said
    before = load_system(tmp_path / "out/1_segment/last.safetensors")[0].state_dict()
    (teacher,) = notes.teachers
    assert all(torch.allclose(teacher[key], value, rtol=2e-3, atol=1e-3) for key, value in before.items())


def test_what_nothing_is_sure_of_stays_unknown(
    data: Path, more: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, said = Notes(monkeypatch, confidence=1.1), []
    wanted = options(tmp_path, data=data, unlabelled=(more,), only=("segment", "adapt"))
    summary = run_recipe(get_recipe(RECIPE), wanted, said.append)
    assert (notes.drawn[1][1] == IGNORE).all()
    assert "labelled 3 pairs by what was trained before: 0% of their pixels" in said
    assert np.isfinite(summary.losses["adapt"]["cross_entropy"].last)


def test_a_teacher_labels_in_place_of_what_was_trained_before(
    data: Path, more: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes(monkeypatch)
    wanted = options(tmp_path / "out", data=data, unlabelled=(more,), teachers=(start,), only=("segment", "adapt"))
    summary = run_recipe(get_recipe(RECIPE), wanted, print)
    assert summary.conditions.teachers == ("start.safetensors",)
    (labelled,) = notes.labelled
    (teacher, _), device = load_system(start), torch.device("cpu")
    expected = pseudo_labelled([teacher], labelled, device, ANY)
    assert all(np.array_equal(a.labels, b.labels) for a, b in zip(labelled, expected, strict=True))


def test_a_folder_without_labels_is_labelled_once(
    more: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, said = Notes(monkeypatch), []
    summary = run_recipe(get_recipe(RECIPE), options(tmp_path / "out", data=more, init=(start,)), said.append)
    assert summary.conditions.teachers == (start.name,)
    (labelled,) = notes.labelled
    given = np.stack([sample.labels for sample in labelled])
    assert len(notes.drawn) == 3
    assert all(np.array_equal(real, given) and len(further) == 0 for real, further, _ in notes.drawn)
    assert summary.losses["segment"]["cross_entropy"].first > 0


def test_a_run_with_pairs_without_labels_resumes_to_the_same_bits(
    data: Path, more: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = partial(options, data=data, unlabelled=(more,), only=("segment", "adapt"), steps=4)
    notes = Notes(monkeypatch)
    run_recipe(get_recipe(RECIPE), wanted(tmp_path / "whole"), print)
    whole = tmp_path / "whole"
    before = contents(whole / "best.safetensors")
    (whole / "2_adapt/state.safetensors").unlink()
    run_recipe(get_recipe(RECIPE), wanted(whole, resume=True), print)
    assert contents(whole / "best.safetensors") == before
    first, second = notes.labelled
    assert all(np.array_equal(a.labels, b.labels) for a, b in zip(first, second, strict=True))


def marked(path: Path, x1: int) -> Path:
    box = {"name": "car", "classes": ["car"], "boxes": {"a": [0, 0, x1, 64]}}
    recordings = {"more": {"width": 96, "height": 64, "judged": ["car"], "objects": [box]}}
    schema = {"schema": "fusion_perception.video_marks", "schema_version": 1, "about": "a test"}
    path.write_text(json.dumps({**schema, "recordings": recordings}))
    return path


def test_marks_say_where_there_is_nothing(
    data: Path, more: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = Notes(monkeypatch)
    wanted = partial(options, tmp_path / "out", data=data, unlabelled=(more,), steps=4)
    wanted = partial(wanted, marks=marked(tmp_path / "marks.json", 48))
    segment = run_recipe(get_recipe(RECIPE), wanted(only=("segment", "adapt")), print)
    (labelled,) = notes.labelled
    car = MSRS9.names.index("car")
    assert all((sample.labels[:, 48:] != car).all() for sample in labelled)
    assert all(np.array_equal(sample.ruled_out[:, 48:], np.full((64, 48), 1 << car)) for sample in labelled)
    assert segment.data.marks == hashlib.sha256((tmp_path / "marks.json").read_bytes()).hexdigest()[:16]
    marked(tmp_path / "marks.json", 24)
    with pytest.raises(ModelError, match=r"2_adapt.*made with marks = '\w{16}', this run has '\w{16}'"):
        run_recipe(get_recipe(RECIPE), wanted(only=("segment", "adapt"), resume=True), print)


def test_marks_of_nothing_are_refused(data: Path, more: Path, tmp_path: Path) -> None:
    marks = marked(tmp_path / "marks.json", 48)
    with pytest.raises(DataError, match="marks are of more, but the pairs without labels are in no folder"):
        run_recipe(get_recipe(RECIPE), options(tmp_path / "out", data=data, marks=marks), print)


def test_nothing_has_been_trained_that_could_label(data: Path, more: Path, start: Path, tmp_path: Path) -> None:
    alone = partial(options, data=data, unlabelled=(more,), only=("adapt",), steps=1)
    with pytest.raises(DataError, match="stage 'adapt' learns from 3 pairs without labels, and nothing is trained"):
        run_recipe(get_recipe(RECIPE), alone(tmp_path / "nothing"), print)
    run_recipe(get_recipe(RECIPE), alone(tmp_path / "init", init=(start,)), print)
    other = tmp_path / "other.safetensors"
    save_system(System(SystemSpec("realtime", "realtime", "fmb15")), other)
    with pytest.raises(DataError, match="knows the classes of fmb15, the data those of msrs9"):
        run_recipe(get_recipe(RECIPE), alone(tmp_path / "classes", init=(other,)), print)


def test_a_teacher_must_be_of_use(data: Path, more: Path, start: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save_system(System(SystemSpec("realtime", "realtime", "fmb15")), other)
    wanted = partial(options, tmp_path / "out", data=data)
    with pytest.raises(DataError, match="fmb15, the data those of msrs9"):
        run_recipe(get_recipe(RECIPE), wanted(unlabelled=(more,), teachers=(other,)), print)
    with pytest.raises(DataError, match=r"start\.safetensors: a teacher gives .* none; name some with --unlabelled"):
        run_recipe(get_recipe(RECIPE), wanted(teachers=(start,)), print)
    for recipe, only in (("segmif", None), (RECIPE, ("segment",))):
        with pytest.raises(DataError, match=r"no stage of this run learns from pairs without.*leave --teacher out"):
            run_recipe(get_recipe(recipe), wanted(teachers=(start,), only=only), print)
