# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What can be evaluated: a model file, a folder of fused images, or a baseline that any method should beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fusion_perception.engine import open_engine
from fusion_perception.errors import DataError, ModelError
from fusion_perception.lab.data.image_files import index_images, read_rgb
from fusion_perception.lab.evaluation.fusion_metrics import luminance
from fusion_perception.lab.evaluation.method_info import BaselineInfo, FolderInfo, MethodInfo, ModelInfo
from fusion_perception.labels import LabelSet
from fusion_perception.model_store import find_model
from fusion_perception.perceiver import Perceiver
from fusion_perception.types import Frame, FramePair

BASELINES = ("average", "max")
"""Pixel-wise mean (rounded down) and maximum of thermal and luminance."""


@dataclass(frozen=True)
class MethodOutput:
    """What a method made of one pair, at the size of the RGB image.

    Attributes:
        fused: (H, W, 3) uint8 RGB, or (H, W) uint8 luminance.
        mask: (H, W) uint8 class ids, or None for a method that only fuses.
        confidence: (H, W) uint8, or None.
        attribution: (H, W) uint8 thermal share, or None.
        engine_ms: time the engine took, or None for a method that did not run here.
        needed: (H, W) uint8, see the output ``needed``, or None.
    """

    fused: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None = None
    confidence: NDArray[np.uint8] | None = None
    attribution: NDArray[np.uint8] | None = None
    engine_ms: float | None = None
    needed: NDArray[np.uint8] | None = None


class Method(Protocol):
    """Anything that turns a pair into a fused image, and perhaps a mask."""

    @property
    def name(self) -> str:
        """Short name for tables."""
        ...

    @property
    def labels(self) -> LabelSet | None:
        """What the ids of its masks mean; None if it has no masks."""
        ...

    @property
    def runs_here(self) -> bool:
        """Whether it can be given other pairs than the recorded ones."""
        ...

    def describe(self) -> MethodInfo:
        """Return what is known about it."""
        ...

    def run(
        self, name: str, thermal: NDArray[np.uint8] | None, rgb: NDArray[np.uint8] | None, *, attribution: bool = False
    ) -> MethodOutput:
        """Fuse one pair; one of the images may be missing.

        Args:
            name: name of the pair.
            thermal: (H, W) uint8.
            rgb: (H, W, 3) uint8 RGB.
            attribution: also ask for the attribution.
        """
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


class ModelMethod:
    """A model file, run as the node runs it.

    Args:
        model: name of a shipped model or path of a file.
        backend: see ``open_engine``.
        threads: threads of the engine; 0 leaves it to the engine.

    Raises:
        ModelError: the file cannot be used.
        BackendError: the backend is missing.
    """

    runs_here = True

    def __init__(self, model: str | Path, backend: str = "auto", threads: int = 0) -> None:
        options = {"threads": threads} if threads else {}
        self._engine = open_engine(find_model(model), backend, allow_fallback=backend == "auto", **options)
        self._perceiver = Perceiver(self._engine)
        self._perceiver.warm_up()

    @property
    def name(self) -> str:
        """Name from the model file."""
        return self._engine.info.metadata.name

    @property
    def labels(self) -> LabelSet:
        """Label set from the model file."""
        return self._engine.info.metadata.labels

    def describe(self) -> ModelInfo:
        """Return engine, precision, versions and the model's own account of its training."""
        info = self._engine.info
        return ModelInfo(
            kind="model",
            name=info.metadata.name,
            file=Path(info.model_path).name,
            backend=info.backend,
            device=info.device,
            provider=info.provider,
            precision=info.precision,
            height=info.metadata.height,
            width=info.metadata.width,
            labels=info.metadata.labels.names,
            training=info.metadata.training,
            versions=dict(info.versions),
            notes=tuple(info.notes),
        )

    def run(
        self, name: str, thermal: NDArray[np.uint8] | None, rgb: NDArray[np.uint8] | None, *, attribution: bool = False
    ) -> MethodOutput:
        """Run the model; see :class:`Method`."""
        del name
        pair = FramePair(None if thermal is None else Frame(thermal, 0), None if rgb is None else Frame(rgb, 0))
        perception = self._perceiver.perceive(pair, attribution=attribution)
        out = perception.outputs
        engine_ms, needed = perception.timings_ms["engine"], out.further.get("needed")
        return MethodOutput(out.fused, out.mask, out.confidence, out.attribution, engine_ms, needed)

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()


class FolderMethod:
    """Fused images that another method has written, one file per pair and of its name.

    Args:
        folder: the images, grey or colour, of any format OpenCV reads.

    Raises:
        DataError: the folder holds no images.
    """

    runs_here = False
    labels = None

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._files = index_images(self.folder)
        if not self._files:
            raise DataError(f"{self.folder}: no images; a method's folder holds one fused image per pair")

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.resolve().name

    def describe(self) -> FolderInfo:
        """Return the folder's name and how many images it holds."""
        return FolderInfo("folder", self.name, len(self._files))

    def run(
        self, name: str, thermal: NDArray[np.uint8] | None, rgb: NDArray[np.uint8] | None, *, attribution: bool = False
    ) -> MethodOutput:
        """Read the fused image of a pair.

        Raises:
            DataError: it is missing, damaged or of another size than the pair.
        """
        del attribution
        if name not in self._files:
            raise DataError(f"{self.folder}: no fused image '{name}'; it must have the name of its pair")
        fused = read_rgb(self._files[name])
        source = rgb if rgb is not None else thermal
        if source is not None and fused.shape[:2] != source.shape[:2]:
            raise DataError(
                f"{self._files[name]}: {fused.shape[0]} x {fused.shape[1]}, but the pair is "
                f"{source.shape[0]} x {source.shape[1]}; write fused images at the size of the pair"
            )
        return MethodOutput(fused)

    def close(self) -> None:
        """Nothing to free."""


class BaselineMethod:
    """The pixel-wise average or maximum of thermal image and luminance.

    Args:
        name: one of ``BASELINES``.
    """

    runs_here = True
    labels = None

    def __init__(self, name: str) -> None:
        if name not in BASELINES:
            raise ModelError(f"unknown baseline '{name}'; allowed: {', '.join(BASELINES)}")
        self.name = name

    def describe(self) -> BaselineInfo:
        """Return its name."""
        return BaselineInfo("baseline", self.name)

    def run(
        self, name: str, thermal: NDArray[np.uint8] | None, rgb: NDArray[np.uint8] | None, *, attribution: bool = False
    ) -> MethodOutput:
        """Fuse one pair; a missing image counts as black."""
        del name, attribution
        visible = np.zeros_like(thermal) if rgb is None else luminance(rgb)
        if thermal is None:
            thermal = np.zeros_like(visible)
        if self.name == "max":
            return MethodOutput(np.maximum(thermal, visible))
        return MethodOutput(((thermal.astype(np.uint16) + visible) // 2).astype(np.uint8))

    def close(self) -> None:
        """Nothing to free."""


def open_method(method: str | Path, backend: str = "auto", threads: int = 0) -> Method:
    """Open whatever is to be evaluated.

    Args:
        method: ``"average"`` or ``"max"``, a folder of fused images, the name of a shipped model, or the
            path of a model file.
        backend: for models, see ``open_engine``.
        threads: for models, threads of the engine.

    Raises:
        DataError: a folder without images.
        ModelError: a model that cannot be used.
        BackendError: the backend is missing.
    """
    if str(method) in BASELINES:
        return BaselineMethod(str(method))
    if Path(method).is_dir():
        return FolderMethod(method)
    return ModelMethod(method, backend, threads)
