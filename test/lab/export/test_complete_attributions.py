# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped weights: the attributions of their exported graph are complete."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch side needs torch")
pytest.importorskip("onnx", reason="export needs onnx")
pytest.importorskip("onnxscript", reason="export needs onnxscript")
ort = pytest.importorskip("onnxruntime", reason="the exported graph runs in onnxruntime")

from fusion_perception.lab.attribution.path import autograd_gradient, integrated_gradients  # noqa: E402
from fusion_perception.lab.attribution.targets import predicted_region_weights  # noqa: E402
from fusion_perception.lab.data.open_sequence import open_sequence  # noqa: E402
from fusion_perception.lab.export.deployable import Deployable, DeployConfig  # noqa: E402
from fusion_perception.lab.nets.system import load_system  # noqa: E402
from fusion_perception.lab.streets import SceneConfig, SyntheticScene  # noqa: E402
from test.lab.export.test_shipped_checkpoint import CHECKPOINTS, MSRS, export  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("checkpoint", CHECKPOINTS, ids=lambda p: p.stem)]


def scenes(height, width):
    """Frames of rendered streets and, where they are at hand, real pairs, in the graph's size."""
    for condition in ("day", "night"):
        frame = SyntheticScene(SceneConfig(height=height, width=width, condition=condition, seed=3)).frame(5)
        yield frame.thermal, frame.rgb
    if (MSRS / "val.txt").is_file():
        sequence = open_sequence(MSRS, split=MSRS / "val.txt")
        for index in (0, len(sequence) - 1):
            item = sequence[index]
            yield tuple(
                cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) for image in (item.thermal, item.rgb)
            )


def test_attributions_of_the_exported_graph_are_complete(checkpoint, tmp_path):
    """They sum to the score difference along the path; the error falls with K and is under 2 % at K = 32."""
    height, width = 224, 320
    system, _ = load_system(checkpoint)
    if getattr(system.segmenter, "has_states", False):
        pytest.skip("to this network black is an absent sensor, at which no path can end: it has Shapley values")
    module = Deployable(system, DeployConfig(height, width, 0)).eval()
    pairs = [(t[:height, :width].copy(), c[:height, :width].copy()) for t, c in scenes(240, 320)]
    path = tmp_path / "m.onnx"
    config = DeployConfig(height, width, 32, signed_maps=True)
    export(checkpoint, path, config)
    threads = ort.SessionOptions()
    threads.intra_op_num_threads = 1  # the other core has tests of its own
    session = ort.InferenceSession(str(path), threads, providers=["CPUExecutionProvider"])
    coarse, fine = [], []
    for thermal, rgb in pairs:
        t, c = module.prepare(torch.from_numpy(thermal), torch.from_numpy(rgb))
        with torch.no_grad():
            logits = module.system.segment(t, c)
            black = module.system.segment(t * 0, c * 0)
            decided = module.system.decide(logits, t, c)
        weights = predicted_region_weights(decided)
        difference = float(((logits - black).double() * weights.double()).sum())

        def error(maps, difference=difference):
            total = sum(float(m.sum(dtype=np.float64)) for m in maps)
            return abs(total - difference) / abs(difference)

        fine.append(error(session.run(["attribution_thermal", "attribution_rgb"], {"thermal": thermal, "rgb": rgb})))
        # Two steps need no graph: test_export_model.py shows that a graph computes what autograd does.
        gradient = autograd_gradient(module.system.segment)
        coarse.append(error(m.numpy() for m in integrated_gradients(gradient, t, c, weights, 2, config.path_rule)))
    for steps, errors in ((2, coarse), (32, fine)):
        print(f"K = {steps}: completeness error {', '.join(f'{100 * e:.2f} %' for e in errors)}")
    assert np.mean(fine) < np.mean(coarse)
    assert max(fine) < 0.02
