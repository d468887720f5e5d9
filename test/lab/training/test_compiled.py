# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import copy
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("safetensors", reason="checkpoints need safetensors")

from fusion_perception.errors import BackendError, DataError  # noqa: E402
from fusion_perception.lab.nets.segmenters.two_stream import TwoStreamSegmenter  # noqa: E402
from fusion_perception.lab.nets.system import System  # noqa: E402
from fusion_perception.lab.training import compiled  # noqa: E402
from fusion_perception.lab.training.batches import Batch  # noqa: E402
from fusion_perception.lab.training.compiled import check_compiler, compile_networks  # noqa: E402
from fusion_perception.lab.training.optimisation.schedule import constant  # noqa: E402
from fusion_perception.lab.training.optimisation.updater import OptimiserConfig  # noqa: E402
from fusion_perception.lab.training.recipes.registry import get_recipe  # noqa: E402
from fusion_perception.lab.training.session.options import SessionOptions  # noqa: E402
from fusion_perception.lab.training.session.plan import plan_run  # noqa: E402
from fusion_perception.lab.training.strategies.joint import JointStrategy  # noqa: E402
from fusion_perception.lab.training.trainer import Trainer, TrainerConfig  # noqa: E402
from fusion_perception.progress import Progress  # noqa: E402
from test.lab.training.scenes import ToySystem, streams, tiny_system  # noqa: E402
from test.lab.training.test_trainer import contents  # noqa: E402


def test_parameters_keep_their_names_and_copies_are_as_they_were() -> None:
    for system in (tiny_system(), ToySystem()):
        names = list(system.state_dict())
        compile_networks([system])
        assert list(system.state_dict()) == names
        parts = (system.fuser, system.segmenter) if isinstance(system, System) else (system,)
        assert all(part._compiled_call_impl is not None for part in parts)
        assert all(part._compiled_call_impl is None for part in copy.deepcopy(system).modules())


@pytest.mark.parametrize("name", ["states", "both_and_alone"])
def test_what_is_asked_beside_the_whole_is_compiled_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(torch, "compile", lambda function, **_: seen.append(function) or (lambda *x: "compiled"))
    network = TwoStreamSegmenter()
    keys = list(network.state_dict())
    compile_networks([network])
    assert getattr(network, name)(None) == "compiled"
    assert list(network.state_dict()) == keys


def test_without_a_compiler_it_is_said_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(function: object) -> object:
        raise RuntimeError("no g++ found\nand more")

    monkeypatch.setattr(compiled.torch, "compile", broken)
    with pytest.raises(BackendError, match=r"does not work here \(no g\+\+ found\); install a C\+\+ compiler"):
        check_compiler(torch.device("cpu"))


@pytest.mark.parametrize("recipe", ["tim", "tdfusion"])
def test_gradients_of_gradients_are_not_compiled(recipe: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"'{recipe}' differentiates twice.*leave --compile out"):
        plan_run(get_recipe(recipe), SessionOptions(tmp_path, compile=True), torch.device("cpu"))


class Loss(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.system = ToySystem()

    def forward(self, batch: Batch) -> dict[str, torch.Tensor]:
        fused, logits = self.system(batch.thermal, batch.rgb)
        return {"loss": fused.square().mean() + torch.nn.functional.cross_entropy(logits, batch.labels)}


def test_a_compiled_training_resumes_to_the_same_bits(tmp_path: Path) -> None:
    def made(name: str) -> Trainer:
        (tmp_path / name).mkdir(exist_ok=True)
        strategy = JointStrategy(Loss(), OptimiserConfig("sgd"), constant())
        result = Trainer(
            strategy, streams(), tmp_path / name, TrainerConfig(3, check_every=1), progress=Progress(silent=True)
        )
        compile_networks(strategy.networks().values(), backend="aot_eager")
        return result

    made("whole").run()
    made("parts").run(until=2)
    made("parts").run(resume=True)
    whole, parts = (contents(tmp_path / name / "state.safetensors") for name in ("whole", "parts"))
    assert whole == parts
    names = {name.removeprefix("network/system/") for name in whole if "/system/" in name}
    assert names == set(ToySystem().state_dict())
