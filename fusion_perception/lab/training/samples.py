# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples in memory, and the batches drawn from them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fusion_perception.errors import DataError
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.streets import SceneConfig, SyntheticScene
from fusion_perception.lab.training.augment import AugmentConfig, augment
from fusion_perception.lab.training.paste import ObjectBank
from fusion_perception.labels import IGNORE
from fusion_perception.preprocess.gain_control import GainControl

RENDERED_CONDITIONS = ("day", "night", "night", "day", "glare", "night", "day", "fog")
"""Of the rendered streets, in turn; at night the two sensors differ most, by day vans and lorries are seen best."""
FRAMES_OF_A_STREET = 2


@dataclass(frozen=True)
class Sample:
    """One labelled pair.

    Attributes:
        thermal: (H, W) uint8.
        rgb: (H, W, 3) uint8.
        labels: (H, W) uint8 ids, 255 unknown.
        complete: True where every class of the label set is annotated.
        key: groups samples between which objects may be pasted, for example the time of day.
        name: of the pair, for messages and records.
        group: samples of one group, such as the frames of a rendered street, look alike: all or none are held out.
    """

    thermal: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    complete: bool
    key: str
    name: str = ""
    group: str = ""


@dataclass(frozen=True)
class Batch:
    """A batch on the training device.

    Attributes:
        thermal: (B, 1, H, W) float in 0..1.
        rgb: (B, 3, H, W) float in 0..1.
        labels: (B, H, W) int64 ids, 255 ignored.
        complete: (B,) bool.
    """

    thermal: Tensor
    rgb: Tensor
    labels: Tensor
    complete: Tensor

    def to(self, device: torch.device) -> Batch:
        """Copy to a device."""
        return Batch(*(getattr(self, name).to(device, non_blocking=True) for name in self.__dataclass_fields__))


def load_samples(root: str | Path, split: str | Path | None) -> list[Sample]:
    """Read a labelled data set into memory.

    An image whose labels do not distinguish all classes (``annotations.json`` says so) counts as incomplete.

    Args:
        root: folder of the data set, in any layout of ``data.layouts``.
        split: text file with one name a line, the name of a split, or None for all.

    Raises:
        DataError: an image has no labels.
    """
    dataset = PairDataset(root, split)
    samples = []
    for i in range(len(dataset)):
        item = dataset[i]
        if item.labels is None:
            raise DataError(f"{root}: '{item.name}' has no labels; training needs {dataset.layout.labels}/{item.name}")
        samples.append(_sample(item.thermal, item.rgb, item.labels, item.annotated is None, item.time, item.name))
    return samples


def unlabelled_sample(thermal: NDArray[Any], rgb: NDArray[np.uint8], key: str, name: str) -> Sample:
    """Return a sample that only fusion can learn from: all its labels are unknown."""
    return _sample(thermal, rgb, np.full(rgb.shape[:2], IGNORE, np.uint8), False, key, name)


def _sample(
    thermal: NDArray[Any],
    rgb: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    complete: bool,
    key: str | None,
    name: str,
) -> Sample:
    grey = GainControl()(thermal)
    if grey.shape != labels.shape:
        grey = np.asarray(cv2.resize(grey, labels.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    return Sample(grey, rgb, labels, complete, key or "any", name)


def synthetic_samples(
    count: int, seed: int, height: int = 480, width: int = 640, progress: Callable[[int], None] | None = None
) -> list[Sample]:
    """Render ``count`` frames of streets that differ in climate, light and traffic, two frames from each.

    The frames of a street are a group. Their key is the time of day, apart from that of recorded pairs: nothing is
    pasted between the two.

    Args:
        count: number of frames; each takes about a second.
        seed: of the streets.
        height: in pixels.
        width: in pixels.
        progress: called with the number of frames rendered so far.
    """
    samples: list[Sample] = []
    street = 0
    while len(samples) < count:
        rng = np.random.default_rng([seed, street])
        config = SceneConfig(
            height=height,
            width=width,
            condition=RENDERED_CONDITIONS[street % len(RENDERED_CONDITIONS)],
            seed=1000 * seed + street,
            parked_cars=int(rng.integers(4, 25)),
            bikes=int(rng.integers(6, 31)),
            variety=1.0,
        )
        scene = SyntheticScene(config)
        key = f"rendered {'night' if config.dark else 'day'}"
        for i in sorted(rng.choice(300, min(FRAMES_OF_A_STREET, count - len(samples)), replace=False)):
            frame = scene.frame(int(i))
            name = f"{config.condition}{street:04d}_{frame.name}"
            samples.append(Sample(frame.thermal, frame.rgb, frame.labels, True, key, name, f"street{street}"))
            if progress is not None:
                progress(len(samples))
        street += 1
    return samples


class BatchSource:
    """Draws augmented batches; batch number n depends on the seed and n alone.

    That makes training deterministic and lets it resume at any step without stored random states.
    The next batch is prepared in a thread while the current one is used.

    Args:
        real: samples of the data set.
        synthetic: rendered samples, may be empty.
        synthetic_share: probability that a batch element is synthetic.
        batch: samples per batch.
        config: augmentation.
        seed: of all draws.
        rank: index of this process; together the processes draw what one process with ``count`` times the
            batch would draw.
        count: number of processes.
    """

    def __init__(
        self,
        real: list[Sample],
        synthetic: list[Sample],
        synthetic_share: float,
        batch: int,
        config: AugmentConfig,
        seed: int,
        rank: int = 0,
        count: int = 1,
    ) -> None:
        if not real and not synthetic:
            raise DataError("no training samples; give a data set with labels or a number of synthetic scenes")
        self.real, self.synthetic = real, synthetic
        self.share = synthetic_share if synthetic else 0.0
        self.batch, self.config, self.seed = batch, config, seed
        self.first, self.total = rank * batch, count * batch
        self.bank = ObjectBank()
        for sample in real:
            self.bank.add(sample.key, sample.thermal, sample.rgb, sample.labels)
        self._pool = ThreadPoolExecutor(1)
        self._next: tuple[int, object] | None = None

    def _sample(self, step: int, position: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], bool]:
        rng = np.random.default_rng([self.seed, 0, step, position])
        if not self.real or rng.random() < self.share:
            sample = self.synthetic[int(rng.integers(len(self.synthetic)))]
        else:
            # Every real sample once per epoch: a permutation drawn from the epoch's number.
            draw = step * self.total + position
            epoch, index = divmod(draw, len(self.real))
            order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.real))
            sample = self.real[int(order[index])]
        arrays = (sample.thermal, sample.rgb, sample.labels)
        if rng.random() < self.config.p_paste:
            count = int(rng.integers(1, self.config.max_paste + 1))
            arrays = self.bank.paste(sample.key, arrays, count, rng, self.config.p_foreign, self.config.heated)
        return (*augment(arrays, self.config, rng), sample.complete)

    def _make(self, step: int) -> Batch:
        thermal, rgb, labels, complete = zip(
            *(self._sample(step, self.first + i) for i in range(self.batch)), strict=True
        )
        return Batch(
            torch.from_numpy(np.stack(thermal)[:, None]).float() / 255,
            torch.from_numpy(np.stack(rgb)).permute(0, 3, 1, 2).float() / 255,
            torch.from_numpy(np.stack(labels)).long(),
            torch.tensor(complete),
        )

    def __call__(self, step: int) -> Batch:
        """Return batch number ``step`` on the CPU and start preparing the one after it."""
        future = (
            self._next[1] if self._next is not None and self._next[0] == step else self._pool.submit(self._make, step)
        )
        batch: Batch = future.result()  # type: ignore[attr-defined]
        self._next = (step + 1, self._pool.submit(self._make, step + 1))
        return batch

    def close(self) -> None:
        """Stop the preparing thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)
