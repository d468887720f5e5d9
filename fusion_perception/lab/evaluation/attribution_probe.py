# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Look inside a deployed graph: its logits, and the signed attributions behind the thermal share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine.input_check import check_inputs
from fusion_perception.engine.metadata import SHAPLEY
from fusion_perception.engine.model_file import ModelFile, open_model_file
from fusion_perception.engine.onnxruntime_import import import_onnxruntime
from fusion_perception.errors import BackendError, ModelError, require
from fusion_perception.lab.evaluation.random_weights import randomise_weights
from fusion_perception.text import printable

SMALLEST_REGION = 1e-3
"""As in ``attribution.targets``, which needs torch; a test keeps the two alike."""

_TARGETS = ("predicted_regions", "decided_class")
_LOGITS, _THERMAL, _RGB = "probe_logits", "probe_thermal", "probe_rgb"


@dataclass(frozen=True)
class Explanation:
    """What the graph computed for one pair.

    Attributes:
        logits: (C, h, w) float32.
        thermal: (H, W) float32 signed attribution of the thermal image.
        rgb: (H, W) float32 signed attribution of the RGB image; a gradient's is summed over its channels.
        share: (H, W) uint8, the published thermal share.
    """

    logits: NDArray[np.float32]
    thermal: NDArray[np.float32]
    rgb: NDArray[np.float32]
    share: NDArray[np.uint8]


class AttributionProbe:
    """A copy of a model file, in memory, that also returns what its attribution is made of.

    The file passes the checks of every other backend first (limits, signature, seal, nothing outside itself).
    The copy has other outputs and so no seal; it is never written anywhere.

    Runs on the CPU with ONNX Runtime; needs the package onnx to edit the copy.

    Its ``method`` is one of ``metadata.METHODS``.

    Args:
        model: path of an ONNX file of ``fusion-perception export``.
        threads: of one run; 0 leaves it to ONNX Runtime.

    Raises:
        ModelError: the file cannot be used, or has no attribution.
        BackendError: onnx or ONNX Runtime is not installed.
    """

    def __init__(self, model: str | Path | ModelFile, threads: int = 0) -> None:
        self._file = model if isinstance(model, ModelFile) else open_model_file(model)
        if not self._file.has_attribution or self._file.metadata.attribution is None:
            raise ModelError(
                f"{self._file.path} has no attribution output, so there is nothing to check; "
                "export the model with an --attribution"
            )
        self.method = self._file.metadata.attribution.method
        target = self._file.metadata.attribution.target
        if target not in _TARGETS:
            raise ModelError(
                f"{self._file.path} explains '{printable(target)}'; "
                f"only {', '.join(map(repr, _TARGETS))} can be checked"
            )
        self.metadata = self._file.metadata
        self.kernels = 0
        self._threads = threads
        self._onnx = require("onnx", "looking inside a model")
        self._ort = import_onnxruntime("running the model that is looked into")
        self._sessions: dict[tuple[str, ...], Any] = {}
        self._model = self._copy()

    def randomised(self, seed: int) -> AttributionProbe:
        """Return the same graph with random convolution kernels; see ``randomise_weights``."""
        other = AttributionProbe(self._file, self._threads)
        other.kernels = randomise_weights(other._model, seed)
        return other

    def explain(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> Explanation:
        """Run the whole graph.

        Args:
            thermal: (H, W) uint8 of the model's size.
            rgb: (H, W, 3) uint8 RGB.
        """
        logits, t, c, share = self._run((_LOGITS, _THERMAL, _RGB, "attribution"), thermal, rgb)
        return Explanation(self._checked(logits), t.reshape(share.shape), c.reshape(share.shape), share)

    def logits(self, thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits (C, h, w) alone, which costs no attribution."""
        return self._checked(self._run((_LOGITS,), thermal, rgb)[0])

    def _checked(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        classes = len(self.metadata.labels)
        if logits.ndim != 4 or logits.shape[:2] != (1, classes):
            raise ModelError(f"{self._file.path}: logits of shape {logits.shape}; expected (1, {classes}, h, w)")
        return in_order(logits[0], self.metadata.width / self.metadata.height)

    def _run(self, outputs: tuple[str, ...], thermal: NDArray[np.uint8], rgb: NDArray[np.uint8]) -> list[Any]:
        thermal, rgb = check_inputs(thermal, rgb, self.metadata)
        if outputs not in self._sessions:
            self._sessions[outputs] = self._session(outputs)
        try:
            return list(self._sessions[outputs].run(outputs, {"thermal": thermal, "rgb": rgb}))
        except Exception as error:  # ONNX Runtime has no common base class for its errors
            raise BackendError(f"ONNX Runtime failed on {self._file.path}: {printable(str(error), 200)}") from error

    def _session(self, outputs: tuple[str, ...]) -> Any:
        """A session that computes these outputs and nothing else."""
        model = self._onnx.ModelProto()
        model.CopyFrom(self._model)
        kept = [output for output in model.graph.output if output.name in outputs]
        del model.graph.output[:]
        model.graph.output.extend(kept)
        options = self._ort.SessionOptions()
        options.log_severity_level = (
            4  # its errors are raised too; on the terminal it writes names from the file as they are
        )
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return self._ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot load {self._file.path}: {printable(str(error), 200)}") from error

    def _copy(self) -> Any:
        """The model with the tensors of interest as further outputs, in float32, and without its seal."""
        try:
            model = self._onnx.load_model_from_string(self._file.data)
        except Exception as error:  # protobuf's error class depends on its implementation
            raise ModelError(f"{self._file.path} cannot be parsed: {printable(str(error), 200)}") from error
        del model.metadata_props[:]
        graph, helper, types = model.graph, self._onnx.helper, self._onnx.TensorProto
        thermal, rgb = self._attributions(graph)
        for name, source in ((_LOGITS, self._logits(graph)), (_THERMAL, thermal), (_RGB, rgb)):
            graph.node.append(helper.make_node("Cast", [source], [name], to=types.FLOAT))
            graph.output.append(helper.make_tensor_value_info(name, types.FLOAT, None))
        return model

    def _logits(self, graph: Any) -> str:
        """The tensor of which the mask is the argmax."""
        for node in _upstream(graph, "mask"):
            if node.op_type == "ArgMax":
                return str(node.input[0])
        raise self._foreign("its mask is no argmax")

    def _attributions(self, graph: Any) -> tuple[str, str]:
        """The two signed maps that the thermal share is made of."""
        if self.method == SHAPLEY:
            return "signed_thermal", "signed_rgb"
        makers = {output: node for node in graph.node for output in node.output}
        for node in _upstream(graph, "attribution"):
            parts = [makers[name] for name in node.input if name in makers and makers[name].op_type == "Abs"]
            if node.op_type == "Concat" and len(node.input) == len(parts) == 2:
                return str(parts[0].input[0]), str(parts[1].input[0])
        raise self._foreign("its attribution is no share of two absolute maps")

    def _foreign(self, reason: str) -> ModelError:
        return ModelError(
            f"{self._file.path}: the graph cannot be looked into ({reason}); "
            "export it again with `fusion-perception export`"
        )


def _upstream(graph: Any, output: str) -> Any:
    """Yield the nodes that an output depends on, the nearest first."""
    makers = {name: node for node in graph.node for name in node.output}
    queue, seen = [output], {output}
    for name in queue:  # grows while it is walked
        node = makers.get(name)
        if node is None:
            continue
        yield node
        for source in node.input:
            if source not in seen:
                seen.add(source)
                queue.append(source)


def in_order(logits: NDArray[np.float32], aspect: float) -> NDArray[np.float32]:
    """Return logits (C, h, w) with their pixels in order.

    Graphs that decide first leave them as the last convolution has them, (C, f * f, h w / f^2): at every place f x f
    pixels, see ``TwoStreamSegmenter.packed``.

    Args:
        logits: (C, h, w) or packed.
        aspect: width over height of the image.
    """
    classes, count, places = logits.shape
    factor = math.isqrt(count)
    rows = round(math.sqrt(places / aspect))
    if abs(places / count / aspect - 1) < 0.1 or factor**2 != count or not rows or places % rows:
        return logits
    blocks = logits.reshape(classes, factor, factor, rows, places // rows).transpose(0, 3, 1, 4, 2)
    return np.ascontiguousarray(blocks.reshape(classes, rows * factor, -1))


def region_weights(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights W of the explained score s = sum(W * logits): every predicted class has the same say.

    The NumPy form of ``attribution.targets.predicted_region_weights``, where the formula stands.

    Args:
        logits: (C, h, w) of the full input.
    """
    classes, height, width = logits.shape
    predicted = (logits.argmax(0)[None] == np.arange(classes)[:, None, None]).astype(np.float64)
    area = np.maximum(predicted.sum((1, 2), keepdims=True), SMALLEST_REGION * height * width)
    share = (predicted / area).sum(0, keepdims=True)
    return np.asarray((predicted - 1.0 / classes) * share)
