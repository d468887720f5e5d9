# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.exponential_average import ExponentialAverage  # noqa: E402
from fusion_perception.lab.training.frozen import frozen  # noqa: E402
from fusion_perception.lab.training.journal import Journal, duration, read_journal  # noqa: E402
from fusion_perception.lab.training.precision import Precision  # noqa: E402
from fusion_perception.lab.training.validation import Validator, predict  # noqa: E402
from test.lab.training.scenes import samples, tiny_system  # noqa: E402


def test_the_average_forgets_its_random_start() -> None:
    net = torch.nn.BatchNorm1d(1)
    average = ExponentialAverage(net, 0.9)
    with torch.no_grad():
        net.weight.fill_(5.0)
        net.num_batches_tracked.fill_(7)
    average.update(net, 0)  # decay 1 / 10
    assert average.network.weight.item() == pytest.approx(0.1 * 1 + 0.9 * 5)
    for n in range(1, 200):
        average.update(net, n)
    assert average.network.weight.item() == pytest.approx(5.0)
    assert average.network.num_batches_tracked.item() == 7
    assert not average.network.training
    assert not average.network.weight.requires_grad


def test_the_long_run_decay_is_the_given_one() -> None:
    net = torch.nn.Linear(1, 1, bias=False)
    average = ExponentialAverage(net, 0.5)
    start = average.network.weight.item()
    with torch.no_grad():
        net.weight.fill_(3.0)
    average.update(net, 1000)
    assert average.network.weight.item() == pytest.approx(0.5 * start + 1.5)


def test_a_frozen_network_passes_gradients_and_stays() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2), torch.nn.Dropout(0.5))
    x = torch.rand(4, 2, requires_grad=True)
    with frozen(net):
        assert torch.equal(net(x), net(x))
        assert torch.autograd.grad(net(x).sum(), x)[0].abs().max() > 0
        assert not net[0].weight.requires_grad
    assert net.training
    assert net[2].training
    assert net[0].weight.requires_grad
    assert net[1].num_batches_tracked == 0


def test_durations() -> None:
    assert [duration(s) for s in (5, 65, 3661)] == ["0:05", "1:05", "1:01:01"]


def test_a_journal_continues_where_it_was_interrupted(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    for step in (1, 2, 3):
        first.write(step, "train", {"loss": float(step)})
    first.close()
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 4, "ki')  # written while the power failed
    second = Journal(tmp_path, step=2)
    second.write(3, "train", {"loss": 9.0})
    second.close()
    assert [line["loss"] for line in read_journal(tmp_path / "log.jsonl")] == [1.0, 2.0, 9.0]
    third = Journal(tmp_path)
    third.close()
    assert read_journal(tmp_path / "log.jsonl") == []


def test_a_journal_writes_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    journal = Journal(tmp_path)
    journal.write(1, "train", {"loss": 0.5})
    journal.picture(1, "validation", np.zeros((8, 8, 3), np.uint8))
    journal.close()
    assert list((tmp_path / "tensorboard").glob("events*"))
    json.loads((tmp_path / "log.jsonl").read_text())


def test_precision() -> None:
    assert Precision("auto", "cpu").name == "fp32"
    assert Precision("auto", "cuda").name == "bf16"
    with Precision("bf16").autocast():
        assert (torch.rand(2, 2) @ torch.rand(2, 2)).dtype == torch.bfloat16
    with pytest.raises(ValueError, match="allowed: auto, fp32, bf16"):
        Precision("fp16")


def test_on_a_cpu_dilated_convolutions_stay_in_single_precision():
    plain, dilated = torch.nn.Conv2d(2, 3, 3), torch.nn.Conv2d(2, 3, 3, dilation=2)
    x = torch.rand(1, 2, 9, 9, dtype=torch.bfloat16)
    with Precision("bf16", "cpu").autocast():
        assert plain(x).dtype == torch.bfloat16
        assert dilated(x).dtype == torch.float32
        assert plain(x).dtype == torch.bfloat16  # autocast goes on afterwards


def test_a_perfect_segmenter_scores_one() -> None:
    class Oracle(torch.nn.Module):
        labels = tiny_system().labels

        def forward(self, thermal, rgb):
            truth = (thermal[:, 0] > 0.8).long() * 2 + (rgb[:, 2] > 0.9).long() * (rgb[:, 0] < 0.2).long()
            logits = torch.nn.functional.one_hot(truth.clamp(max=2), 9).permute(0, 3, 1, 2).float()
            return thermal.maximum(rgb.mean(1, keepdim=True)), logits

    validator = Validator(samples(6, 9), 4, torch.device("cpu"))
    assert len(validator.samples) == 4
    score = validator(Oracle())
    assert score.miou > 0.8
    assert 0.3 < score.qabf < 1
    assert score.total == score.miou + score.qabf
    assert validator(tiny_system().eval()).miou < 0.2


def test_what_boxes_do_not_annotate_is_no_mistake() -> None:
    class AllCars(torch.nn.Module):
        labels = tiny_system().labels

        def forward(self, thermal, rgb):
            logits = torch.zeros(len(thermal), 9, *thermal.shape[-2:])
            logits[:, 1] = 1.0
            return thermal, logits

    one, two = samples(2)
    cars = replace(one, labels=np.ones_like(one.labels), complete=True)
    boxes = replace(two, labels=np.zeros_like(two.labels), complete=False)  # of persons alone, and there are none
    scores = [
        Validator([cars, boxes], 2, torch.device("cpu"), ids)(AllCars()).miou for ids in ((0, 2), (0, 1, 2), None)
    ]
    assert scores == [1.0, 0.5, 0.5]


def test_predictions_have_the_size_of_the_image() -> None:
    sample = samples(1, 3, 50, 70)[0]
    prediction = predict(tiny_system().eval(), sample, torch.device("cpu"))
    assert prediction.fused.shape == (50, 70, 3)
    assert prediction.luma.shape == prediction.mask.shape == (50, 70)
    sheet = Validator([sample], 1, torch.device("cpu")).sheet(tiny_system().eval())
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] > 5 * 300
