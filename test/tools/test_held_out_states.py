# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.nets.system import System, SystemSpec, save_system  # noqa: E402
from test.lab.training.scenes import samples, tiny_system, write_dataset  # noqa: E402
from tools.held_out_states import CASES, judge, main, table  # noqa: E402

SPEC = SystemSpec("realtime", "two_stream_small", fuser_options={"channels": 4, "depth": 1})


class Answers(torch.nn.Module):
    """Says that everything is a car where RGB is what it was, a person where thermal is, both: the thermal answer."""

    has_states = True

    def __init__(self, rgb_mean: float) -> None:
        super().__init__()
        self.rgb_mean = rgb_mean

    def forward(self, thermal: torch.Tensor, rgb: torch.Tensor) -> torch.Tensor:
        return self.says(1, thermal) if abs(float(rgb.mean()) - self.rgb_mean) < 1e-6 else self.says(2, thermal)

    def states(self, thermal: torch.Tensor, rgb: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.says(label, thermal) for label in (2, 2, 1))

    @staticmethod
    def says(label: int, like: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(1, 9, like.shape[2] // 2, like.shape[3] // 2)
        logits[:, label] = 1
        return logits


def test_every_case_is_judged_by_its_own_answer() -> None:
    (sample,) = samples(1)
    system = System(SPEC)
    system.segmenter = Answers(float((torch.from_numpy(sample.rgb).float() / 255).mean()))
    judged = judge(system, [sample])
    said = {case: int(judged[sample.key, case].counts.sum(0).argmax()) for case in CASES}
    assert said == {
        "both": 2, "T": 2, "R": 1,
        "T noise": 1, "R noise": 2, "T overexposed": 1, "R overexposed": 2, "T inverted": 1,
    }  # fmt: skip
    rows = table(judged).splitlines()
    assert len(rows) == 2 + sum(name not in judged[sample.key, "both"].absent for name in system.labels.names[1:])
    person = next(row for row in rows if f"{sample.key}, person" in row)
    share = float((sample.labels == 2).mean())
    assert person.startswith(f"| {sample.key}, person | 1.00 | {share:.2f} | {share:.2f} |")


def test_a_network_that_cannot_be_asked_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_dataset(tmp_path / "data")
    save_system(tiny_system(), tmp_path / "a.safetensors", {})
    with pytest.raises(SystemExit):
        main([str(data), str(tmp_path / "a.safetensors")])
    assert "a.safetensors: a segmenter 'realtime' cannot be asked" in capsys.readouterr().err


def test_tables_of_checkpoints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_dataset(tmp_path / "data")
    torch.manual_seed(0)
    save_system(System(SPEC), tmp_path / "a.safetensors", {})
    assert main([str(data), str(tmp_path / "a.safetensors")]) == 0
    out = capsys.readouterr().out
    assert "a.safetensors" in out and "| recall | precision | IoU: both |" in out and "nan" not in out
