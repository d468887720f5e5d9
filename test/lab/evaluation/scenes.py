# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A data set small enough to reason about, and methods with known figures."""

import json

import cv2
import numpy as np

from fusion_perception.lab.evaluation.document import DataInfo, EvaluationDocument, FrameFigures
from fusion_perception.lab.evaluation.fusion_metrics import FUSION_METRICS
from fusion_perception.lab.evaluation.method_info import BaselineInfo, ModelInfo
from fusion_perception.lab.evaluation.methods import MethodOutput
from fusion_perception.labels import MSRS9

SIZE = (48, 64)
NAMES = ("00001D", "00005D", "00100N", "00104N")


def write_dataset(root, names=NAMES, annotations=True):
    """Streets of one warm person (id 2) and one car (id 1) on a textured ground."""
    rng = np.random.default_rng(0)
    entries = {}
    for folder in ("vi", "ir", "Segmentation_labels"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names):
        rgb = rng.integers(0, 60, (*SIZE, 3), np.uint8)
        thermal = rng.integers(0, 40, SIZE, np.uint8)
        labels = np.zeros(SIZE, np.uint8)
        labels[10:30, 8 + i : 18 + i] = 2
        labels[20:40, 36:58] = 1
        thermal[labels == 2] += 180
        rgb[labels == 1] += 150
        labels[0] = 255
        cv2.imwrite(str(root / "vi" / f"{name}.png"), rgb)
        cv2.imwrite(str(root / "ir" / f"{name}.png"), thermal)
        cv2.imwrite(str(root / "Segmentation_labels" / f"{name}.png"), labels)
        boxes = [[0, 8 + i, 10, 18 + i, 30], [2, 36, 20, 58, 40]]
        entries[name] = {"source": "boxes" if i == 0 else "consensus", "boxes": {"fusion": boxes}}
    if annotations:
        (root / "annotations.json").write_text(json.dumps(entries))
    return root


class PerfectMethod:
    """Knows the labels; sees a person only in thermal and a car only in RGB."""

    name = "perfect"
    labels = MSRS9
    runs_here = True

    def __init__(self, dataset):
        self._labels = {item.name: item.labels for item in dataset}

    def describe(self):
        return ModelInfo(
            kind="model",
            name=self.name,
            file="",
            backend="none",
            device="none",
            provider="none",
            precision="fp32",
            height=0,
            width=0,
            labels=self.labels.names,
            training={},
            versions={},
        )

    def run(self, name, thermal, rgb, *, attribution=False):
        truth = np.where(self._labels[name] == 255, 0, self._labels[name]).astype(np.uint8)
        if thermal is None:
            truth[truth == 2] = 0
        if rgb is None:
            truth[truth == 1] = 0
        fused = rgb if rgb is not None else np.repeat(thermal[..., None], 3, axis=2)
        share = np.full(truth.shape, 128, np.uint8) if attribution else None
        return MethodOutput(fused, truth, np.full(truth.shape, 255, np.uint8), share, 2.0)

    def close(self):
        pass


def fusing_document():
    """The least that a document says: one method that only fuses, one pair."""
    fusion = {metric.key: 1.0 for metric in FUSION_METRICS}
    return EvaluationDocument(
        created="2026-01-02T03:04:05+00:00",
        versions={"fusion_perception": "0"},
        method=BaselineInfo("baseline", "max"),
        data=DataInfo(name="scenes", layout="msrs", split="all", pairs=1, day=1, night=0),
        notes=(),
        fusion={"all": fusion, "day": fusion},
        fusion_ms_per_pair=1.0,
        engine_ms=None,
        temporal=None,
        frames=(FrameFigures("a", "day", None, None, None, fusion),),
    )
