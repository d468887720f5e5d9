# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import io
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.errors import ModelError  # noqa: E402
from fusion_perception.lab.nets.colour import luma as luma_of  # noqa: E402
from fusion_perception.lab.nets.system import System, load_system  # noqa: E402
from fusion_perception.lab.training.augmentation.config import AugmentConfig  # noqa: E402
from fusion_perception.lab.training.balancers.dynamic_weight_average import DynamicWeightAverage  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.journal import read_journal  # noqa: E402
from fusion_perception.lab.training.losses.fusion import gradient_loss, intensity_loss, ssim  # noqa: E402
from fusion_perception.lab.training.losses.segmentation import SegmentationLossConfig, segmentation_terms  # noqa: E402
from fusion_perception.lab.training.optimisation.schedule import cosine  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig  # noqa: E402
from fusion_perception.lab.training.precision import Precision  # noqa: E402
from fusion_perception.lab.training.strategies.joint import JointStrategy  # noqa: E402
from fusion_perception.lab.training.streams import Streams  # noqa: E402
from fusion_perception.lab.training.time_line import BATCHES, CHECKS, UPDATE  # noqa: E402
from fusion_perception.lab.training.trainer import Trainer, TrainerConfig, TrainingError  # noqa: E402
from fusion_perception.lab.training.validation import Validator  # noqa: E402
from fusion_perception.labels import MSRS9  # noqa: E402
from fusion_perception.progress import Progress  # noqa: E402
from test.lab.training.scenes import samples, streams, tiny_system  # noqa: E402

TERMS = ("intensity", "gradient", "structure", "cross_entropy", "dice")


class SeveralTerms(torch.nn.Module):
    """A fusion and a segmentation loss, term by term."""

    def __init__(self, system: System, precision: Precision) -> None:
        super().__init__()
        self.system, self.precision = system, precision

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        with self.precision.autocast():
            fused, logits = self.system(batch.thermal, batch.rgb)
        luma = luma_of(batch.rgb)
        return {
            "intensity": intensity_loss(fused, batch.thermal, luma),
            "gradient": 3 * gradient_loss(fused, batch.thermal, luma),
            "structure": 0.2 * (1 - ssim(fused.float(), batch.thermal)),
            **segmentation_terms(logits, batch.labels, batch.complete, SegmentationLossConfig.balanced(MSRS9)),
        }


def trainer(
    folder: Path, steps: int = 6, seed: int = 0, lr: float = 3e-3, precision: str = "fp32", check: int = 2, **record
) -> Trainer:
    folder.mkdir(exist_ok=True)
    system = tiny_system(seed).to(memory_format=torch.channels_last)
    strategy = JointStrategy(
        SeveralTerms(system, Precision(precision)),
        OptimiserConfig("adamw", lr, 0.02),
        cosine(steps, 1),
        DynamicWeightAverage(TERMS, period=1),
    )
    source = streams(seed=seed, config=AugmentConfig(crop=(32, 64)))
    return Trainer(
        strategy,
        Streams(source.sources, torch.device("cpu")),
        folder,
        TrainerConfig(steps, seed, log_every=2, check_every=check),
        validator=Validator(samples(3, 5), 2, torch.device("cpu")),
        record={"recipe": "test", **record},
        progress=Progress(silent=True),
    )


def contents(path: Path) -> dict[str, bytes]:
    from safetensors import safe_open

    with safe_open(str(path), framework="np") as file:
        return {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118


def without_times(path: Path) -> list[dict]:
    return [line for line in read_journal(path) if line["kind"] != "time"]


def test_resumed_training_gives_the_same_bits(tmp_path: Path) -> None:
    trainer(tmp_path / "whole").run()
    trainer(tmp_path / "parts").run(until=4)
    assert contents(tmp_path / "whole/state.safetensors") != contents(tmp_path / "parts/state.safetensors")
    trainer(tmp_path / "parts").run(resume=True)
    for name in ("state", "last"):
        whole, parts = (contents(tmp_path / run / f"{name}.safetensors") for run in ("whole", "parts"))
        assert whole.keys() == parts.keys()
        assert [k for k in whole if whole[k] != parts[k]] == []
    logs = [without_times(tmp_path / run / "log.jsonl") for run in ("whole", "parts")]
    for whole_line, parts_line in zip(*logs, strict=True):
        assert {**whole_line, "seconds": 0} == {**parts_line, "seconds": 0}


def test_the_seed_decides(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        trainer(tmp_path / name, steps=2, seed=seed).run()
    a, b, c = (contents(tmp_path / n / "last.safetensors") for n in "abc")
    assert a == b
    assert a != c


def test_what_it_leaves_behind(tmp_path: Path) -> None:
    trainer(tmp_path, steps=4).run()
    for name in ("best", "last"):
        system, record = load_system(tmp_path / f"{name}.safetensors")
        assert record["recipe"] == "test"
        assert {"miou", "qabf", "step"} <= record.keys()
        assert not system.training
    lines = read_journal(tmp_path / "log.jsonl")
    assert [line["step"] for line in lines if line["kind"] == "train"] == [2, 4]
    assert {*TERMS, "total", "seconds"} <= lines[0].keys()
    scores = [line["score"] for line in lines if line["kind"] == "validation"]
    assert load_system(tmp_path / "best.safetensors")[1]["score"] == max(scores)
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2


def test_the_log_tells_where_the_time_went(tmp_path: Path) -> None:
    training, began = trainer(tmp_path, steps=5), time.perf_counter()
    training.run()
    elapsed = time.perf_counter() - began
    lines = [line for line in read_journal(tmp_path / "log.jsonl") if line["kind"] == "time"]
    assert [(line["step"], line["steps"]) for line in lines] == [(2, 2), (4, 2), (5, 1), (5, 0)]
    sums = {part: sum(line[part] for line in lines) for part in (UPDATE, BATCHES, CHECKS)}
    assert all(seconds > 0 for seconds in sums.values())
    assert sum(sums.values()) <= elapsed
    assert lines[-1][CHECKS] > 0 == lines[-1][UPDATE]  # the last check follows the last line of losses


def test_progress_tells_steps_losses_and_scores(tmp_path: Path) -> None:
    training, stream = trainer(tmp_path, steps=4), io.StringIO()
    training.title, training.progress = "stage 1", Progress(stream)
    training.run()
    lines = stream.getvalue().splitlines()
    assert re.match(r"stage 1 +4/4, intensity [\d.e-]+  gradient [\d.e-]+ .* left, ", lines[-1])
    assert "weight_" not in lines[-1] and "seconds" not in lines[-1]
    assert [line.split(":")[0] for line in lines if "held-out mIoU" in line] == ["stage 1 2", "stage 1 4"]


def test_a_resumed_training_starts_where_it_was(tmp_path: Path) -> None:
    trainer(tmp_path, steps=6).run(until=4)
    training, stream = trainer(tmp_path, steps=6), io.StringIO()
    training.progress = Progress(stream)
    training.run(resume=True)
    assert re.match(r"train +4/6 ", stream.getvalue())


def test_losses_fall(tmp_path: Path) -> None:
    trainer(tmp_path, steps=40, lr=1e-2, check=40).run()
    totals = [sum(line[t] for t in TERMS) for line in read_journal(tmp_path / "log.jsonl") if line["kind"] == "train"]
    assert np.mean(totals[-3:]) < 0.8 * totals[0]


def test_bfloat16_trains_with_finite_losses(tmp_path: Path) -> None:
    trainer(tmp_path, steps=4, precision="bf16").run()
    assert all(np.isfinite(line["structure"]) for line in read_journal(tmp_path / "log.jsonl") if "structure" in line)


def test_a_loss_that_is_not_finite_stops_the_training(tmp_path: Path) -> None:
    broken = trainer(tmp_path, steps=4)
    with torch.no_grad():
        broken.strategy.system.fuser.head.bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match="not finite at step 2"):
        broken.run()


def test_what_is_not_finite_is_not_saved(tmp_path: Path) -> None:
    broken = trainer(tmp_path, steps=8, check=3)
    real = broken.strategy.step

    def step(number, streams):
        if number == 2:  # the last one before a check, and not the last one of a line of the log
            with torch.no_grad():
                broken.strategy.system.fuser.head.bias.fill_(float("nan"))
        return real(number, streams)

    broken.strategy.step = step
    with pytest.raises(TrainingError, match=r"not finite at step 3, the state of step 0 is kept"):
        broken.run()
    assert not (tmp_path / "state.safetensors").exists()
    assert not (tmp_path / "last.safetensors").exists()


def test_a_state_of_another_run_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path, steps=4).run(until=2)
    with pytest.raises(ModelError, match="made with steps = 4, this run has 5"):
        trainer(tmp_path, steps=5).run(resume=True)
    with pytest.raises(ModelError, match="made with budget = None, this run has 'cpu'"):
        trainer(tmp_path, steps=4, budget="cpu").run(resume=True)


def test_samples_drawn_are_counted_over_interruptions(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole")
    whole.run()
    trainer(tmp_path / "parts").run(until=4)
    resumed, finished = trainer(tmp_path / "parts"), trainer(tmp_path / "whole")
    resumed.run(resume=True)
    finished.load()
    assert whole.drawn == resumed.drawn == finished.drawn == 12


def test_a_state_that_saw_other_data_is_refused(tmp_path: Path) -> None:
    first, second = trainer(tmp_path, steps=4), trainer(tmp_path, steps=4)
    first.data, second.data = {"samples": "a"}, {"samples": "b"}
    first.run(until=2)
    with pytest.raises(ModelError, match="made with samples = 'a', this run has 'b'"):
        second.run(resume=True)


def test_nothing_to_resume_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="start without --resume"):
        trainer(tmp_path).run(resume=True)


@pytest.mark.parametrize("damage", ["truncated", "foreign", "newer", "other networks"])
def test_a_damaged_state_is_refused(tmp_path: Path, damage: str) -> None:
    from safetensors.numpy import load_file, save_file

    trainer(tmp_path, steps=4).run(until=2)
    path = tmp_path / "state.safetensors"
    tensors = load_file(path)
    document = {"record": {"run": {"recipe": "test"}, "config": {"steps": 4, "seed": 0}, "step": 2, "best": 0.0}}
    document |= {"schema_version": 99 if damage == "newer" else 1, "scalars": {}}
    document["record"]["strategy"] = {}
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "foreign":
        save_file(tensors, path)
    else:
        tensors.popitem()
        save_file(tensors, path, metadata={"fusion_perception_training": json.dumps(document)})
    with pytest.raises(ModelError, match=r"without --resume|update fusion_perception"):
        trainer(tmp_path, steps=4).run(resume=True)
