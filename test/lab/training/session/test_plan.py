# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError  # noqa: E402
from fusion_perception.lab.training.recipes.recipe import Recipe  # noqa: E402
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.lab.training.session import plan as plan_module  # noqa: E402
from fusion_perception.lab.training.session.data import load_data  # noqa: E402
from fusion_perception.lab.training.session.options import SessionOptions  # noqa: E402
from fusion_perception.lab.training.session.plan import RunPlan, plan_run  # noqa: E402
from fusion_perception.lab.training.session.record import data_conditions, first_lines, run_conditions  # noqa: E402
from fusion_perception.labels import IGNORE  # noqa: E402
from test.lab.training.scenes import write_dataset, write_pairs  # noqa: E402

PAIRS = {"a": (40, 60), "b": (40, 60)}


def recipe(share: float = 0.5, rendered: float = 0.0) -> Recipe:
    """A recipe whose stages learn from pairs without labels."""
    real = get_recipe("segmif")
    return Recipe(
        "made_up", "", lambda options: [replace(s, unlabelled_share=share) for s in real.stages(options)], rendered
    )


def all_unknown(labels) -> bool:
    return bool((labels == IGNORE).all())


def plan(tmp_path: Path, share: float = 0.5, **options) -> RunPlan:
    return plan_run(recipe(share), SessionOptions(tmp_path / "out", **options), torch.device("cpu"))


def test_further_pairs_without_labels(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    more = write_pairs(tmp_path / "more/one", PAIRS)
    write_pairs(tmp_path / "more/two", PAIRS)
    made = plan(tmp_path, data=root, unlabelled=(tmp_path / "more", more))
    assert not made.self_training
    assert made.teachers == made.init == ()
    data = load_data(made, silent=True)
    assert [s.name for s in data.unlabelled] == ["one/a", "one/b", "two/a", "two/b"]
    assert (len(data.train), len(data.held_out)) == (8, 2)
    assert not any(all_unknown(s.labels) for s in data.train)
    conditions = data_conditions(made)
    assert (conditions.unlabelled, conditions.pairs_without_labels) == (("more", "one"), 4)
    assert conditions.self_trained is None
    lines = first_lines(made, data)
    assert "8 training pairs; 2 held out for validation; 4 without labels" in lines[1]
    assert len(lines) == 2
    assert data.digest() != load_data(plan(tmp_path, data=root), silent=True).digest()


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_without_labels_learns_from_the_shipped_model(tmp_path: Path, named: bool) -> None:
    root = write_pairs(tmp_path / "mine", PAIRS)
    more = write_pairs(tmp_path / "more", PAIRS)
    chosen = {"data": root, "unlabelled": (more,)} if named else {"unlabelled": (root, more)}
    made = plan(tmp_path, **chosen)
    assert made.self_training
    assert made.labels.name == "msrs9"
    assert [p.name for p in made.init] == ["realtime.safetensors"]
    assert made.teachers == made.init
    data = load_data(made, silent=True)
    assert [s.name for s in data.train] == ["mine/a", "mine/b", "more/a", "more/b"]
    assert data.held_out == data.unlabelled == data.synthetic == []
    assert all(all_unknown(s.labels) for s in data.train)
    assert data_conditions(made).self_trained is True
    conditions = run_conditions(made)
    assert conditions.data == ("mine" if named else "mine + more")
    assert conditions.init == "realtime.safetensors"
    assert conditions.teachers == ("realtime.safetensors",)
    last = first_lines(made, data)[-1]
    assert f"has no labels: they come from {made.init[0]}; starts from {made.init[0]}" in last


def test_checkpoints_of_one_name_are_told_apart(tmp_path: Path) -> None:
    root = write_pairs(tmp_path / "mine", PAIRS)

    def conditions(first: bytes, second: bytes):
        for name, content in (("init", first), ("teacher", second)):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / "last.safetensors").write_bytes(content)
        init, teacher = ((tmp_path / name / "last.safetensors",) for name in ("init", "teacher"))
        return data_conditions(plan(tmp_path, data=root, init=init, teachers=teacher))

    known = conditions(b"a", b"b")
    assert known == conditions(b"a", b"b")
    assert known != conditions(b"c", b"b")
    assert known != conditions(b"a", b"c")
    assert data_conditions(plan(tmp_path, synthetic=4)).checkpoints is None


def test_self_training_takes_what_the_user_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_pairs(tmp_path / "mine", PAIRS)

    def nowhere(path: Path) -> Path:
        raise FileNotFoundError(f"{path} is in none of (nowhere)")

    monkeypatch.setattr(plan_module, "find_shared", nowhere)
    one, two = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    made = plan(tmp_path, data=root, init=(one,))
    assert (made.init, made.teachers) == ((one,), (one,))
    made = plan(tmp_path, data=root, teachers=(two,))
    assert (made.init, made.teachers) == ((), (two,))
    made = plan(tmp_path, data=root, init=(one,), teachers=(two,))
    assert (made.init, made.teachers) == ((one,), (two,))
    with pytest.raises(DataError, match=r"mine has no labels, and the shipped model .*realtime\.saf.*--teacher"):
        plan(tmp_path, data=root)


def with_boxes(root: Path) -> Path:
    write_pairs(root, dict.fromkeys(("a", "b", "c", "d"), (40, 60)))
    (root / "labels").mkdir()
    (root / "classes.txt").write_text("pedestrian\ndog\n")
    for name in "abc":
        (root / f"labels/{name}.txt").write_text("0 0.5 0.5 0.5 0.5\n1 0.1 0.1 0.1 0.1\n")
    return root


def test_boxes_stand_in_for_masks(tmp_path: Path) -> None:
    made = plan(tmp_path, data=with_boxes(tmp_path / "mine"))
    assert not made.self_training
    assert made.annotated == (0, 2)
    assert made.labels.name == "msrs9"
    data = load_data(made, silent=True)
    assert sorted(s.name for s in [*data.train, *data.held_out]) == ["a", "b", "c"]
    assert [s.name for s in data.unlabelled] == ["d"]
    conditions = data_conditions(made)
    assert (conditions.boxes, conditions.annotated) == ("YOLO", ("person",))
    lines = first_lines(made, data)
    assert any("skipped: dog (3)" in line for line in lines)
    assert any("count as unlabelled: d" in line for line in lines)
    # Without a stage that learns from them, pairs without boxes are left out.
    alone = plan(tmp_path, share=0.0, data=tmp_path / "mine")
    assert load_data(alone, silent=True).unlabelled == []


def test_recipes_know_what_the_boxes_annotate(tmp_path: Path) -> None:
    root = with_boxes(tmp_path / "mine")
    seen = []
    real = get_recipe("segmif")
    watched = Recipe("made_up", "", lambda options: seen.append(options.annotated) or real.stages(options), 0.0)
    plan_run(watched, SessionOptions(tmp_path / "out", data=root), torch.device("cpu"))
    plan_run(watched, SessionOptions(tmp_path / "out", data=write_dataset(tmp_path / "masks")), torch.device("cpu"))
    assert seen == [(0, 2), None]


def test_masks_come_before_boxes(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    (root / "labels").mkdir()
    (root / "labels/00000D.txt").write_text("no box\n")
    made = plan(tmp_path, data=root)
    assert made.boxes is made.annotated is None
    assert data_conditions(made).boxes is None


def test_recipes_that_learn_from_labels_alone_say_so(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    more = write_pairs(tmp_path / "more", PAIRS)
    with pytest.raises(DataError, match="--unlabelled: no stage of this run of 'made_up' learns from pairs without"):
        plan(tmp_path, share=0.0, data=root, unlabelled=(more,))
    with pytest.raises(DataError, match="more has neither masks nor boxes: no stage of this run of 'made_up'"):
        plan(tmp_path, share=0.0, data=more)


def test_both_augmentations_of_a_stage_do_without_a_part(tmp_path: Path) -> None:
    options = SessionOptions(tmp_path, synthetic=4, without=("shift", "dark"))
    adapt = plan_run(get_recipe("realtime"), options, torch.device("cpu")).stages[1]
    assert adapt.plainer is not None
    for augment in (adapt.augment, adapt.plainer):
        assert augment.p_shift == augment.p_dark == 0
        assert augment.p_photometric > 0
