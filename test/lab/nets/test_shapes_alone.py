# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", reason="networks need PyTorch")

from fusion_perception.lab.nets.shapes_alone import shapes_alone  # noqa: E402
from fusion_perception.lab.nets.system import System, SystemSpec  # noqa: E402

SPEC = SystemSpec("realtime", "two_stream")


def test_the_same_shapes_and_no_memory():
    with shapes_alone():
        without = System(SPEC).state_dict()
    assert {tensor.device.type for tensor in without.values()} == {"meta"}
    assert {n: t.shape for n, t in without.items()} == {n: t.shape for n, t in System(SPEC).state_dict().items()}


def test_values_are_drawn_again_outside():
    with shapes_alone():
        pass
    weight = torch.zeros(3, 3)
    torch.nn.init.normal_(weight)
    assert weight.abs().min() > 0


def test_the_compiler_of_torch_is_not_imported():
    """It takes seconds at the start of a node that opens a checkpoint."""
    program = (
        "import sys, torch\n"
        "from fusion_perception.lab.torch_backend.open import open_torch\n"
        "from fusion_perception.lab.export.deployable import load_deployable\n"
        "from fusion_perception.lab.nets.shapes_alone import shapes_alone\n"
        "from fusion_perception.lab.nets.system import System, SystemSpec\n"
        "with shapes_alone():\n"
        "    System(SystemSpec('realtime', 'two_stream'))\n"
        "print([name for name in ('sympy', 'torch._dynamo', 'torch._inductor') if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")
