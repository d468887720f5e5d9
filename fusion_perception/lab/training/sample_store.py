# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Training samples as tensors that stay where batches are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fusion_perception.lab.training.samples import Sample
from fusion_perception.labels import IGNORE

CELL = 8
"""Side in pixels of the cells that object pixels are counted in."""
MOST_OBJECTS = 200
"""Of one sample; the largest are kept."""
RIM = 0.3
"""Of the sides of a rectangular label: how far its unknown rim reaches at most."""
RECTANGULAR = 0.93
"""Share of its bounding box that a rectangular label fills."""


@dataclass(frozen=True)
class StoredObject:
    """One connected part of a class.

    A rectangular label is a human box that was made smaller: what is unknown around it belongs to the object's box,
    else a seam would run through every pasted car and give it away.

    Attributes:
        sample: index of its sample.
        number: its value in the map of objects, from 1.
        label: class id.
        box: (top, left, bottom, right) in pixels, with the rim.
        rim: whether unknown pixels of the box come along.
        area: pixels.
        bottom: row below its box, over the image height (0..1).
    """

    sample: int
    number: int
    label: int
    box: tuple[int, int, int, int]
    rim: bool
    area: int
    bottom: float


class SampleStore:
    """All samples of a training, padded to one size.

    They live on the device where they fit into half of its free memory, else in page-locked memory of the host, from
    where rows are copied as batches need them.

    Args:
        samples: of any sizes.
        device: where batches are made.
        where: ``"device"`` or ``"pinned"``; None decides.

    Attributes:
        thermal: (N, 1, H, W) uint8.
        rgb: (N, 3, H, W) uint8.
        maps: (N, 2, H, W) uint8: label ids (255 unknown, and beyond a smaller sample) and numbers of objects (0 none).
        sizes: (height, width) of each sample.
        complete: of each sample, see ``Sample``.
        keys: of each sample, see ``Sample``.
        objects: of all samples.
    """

    def __init__(self, samples: Sequence[Sample], device: torch.device, where: str | None = None) -> None:
        if where not in (None, "device", "pinned"):
            raise ValueError(f"unknown place '{where}' for samples; allowed: device, pinned")
        self.device = device
        self.sizes = [(sample.labels.shape[0], sample.labels.shape[1]) for sample in samples]
        self.complete = [sample.complete for sample in samples]
        self.keys = [sample.key for sample in samples]
        self._positions = {id(sample): i for i, sample in enumerate(samples)}
        self._samples = list(samples)  # an id belongs to its sample as long as that lives
        count, height, width = len(samples), *(max((s[i] for s in self.sizes), default=1) for i in (0, 1))
        self.where = where or _place(6 * count * height * width, device)
        pin = self.where == "pinned" and torch.cuda.is_available()
        self.thermal = torch.zeros(count, 1, height, width, dtype=torch.uint8, pin_memory=pin)
        self.rgb = torch.zeros(count, 3, height, width, dtype=torch.uint8, pin_memory=pin)
        self.maps = torch.zeros(count, 2, height, width, dtype=torch.uint8, pin_memory=pin)
        self.maps[:, 0] = IGNORE
        self.objects: list[StoredObject] = []
        self._counts: list[NDArray[np.int64]] = []
        for i, sample in enumerate(samples):
            h, w = self.sizes[i]
            self.thermal[i, 0, :h, :w] = torch.from_numpy(sample.thermal)
            self.rgb[i, :, :h, :w] = torch.from_numpy(sample.rgb).permute(2, 0, 1)
            self.maps[i, 0, :h, :w] = torch.from_numpy(sample.labels)
            numbers, objects = find_objects(sample.labels, i)
            self.maps[i, 1, :h, :w] = torch.from_numpy(numbers)
            self.objects += objects
            self._counts.append(_summed(sample.labels))
        if self.where == "device":
            self.thermal, self.rgb, self.maps = (x.to(device) for x in (self.thermal, self.rgb, self.maps))

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.sizes)

    def positions(self, samples: Sequence[Sample]) -> list[int]:
        """Return the indices of samples that the store was made of."""
        return [self._positions[id(sample)] for sample in samples]

    def row(self, name: str, index: int) -> Tensor:
        """Return one sample of ``thermal``, ``rgb`` or ``maps`` on the device, (C, H, W)."""
        images: Tensor = getattr(self, name)
        return images[index].to(self.device, non_blocking=True)

    def object_pixels(self, index: int, top: int, left: int, bottom: int, right: int) -> int:
        """Return about how many pixels of objects lie in a window of a sample; as fine as cells of ``CELL`` pixels."""
        sums = self._counts[index]
        y, x = (np.clip((np.array(pair) + CELL // 2) // CELL, 0, None) for pair in ((top, bottom), (left, right)))
        (y0, y1), (x0, x1) = np.minimum(y, sums.shape[0] - 1), np.minimum(x, sums.shape[1] - 1)
        return int(sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0])


def find_objects(labels: NDArray[np.uint8], sample: int = 0) -> tuple[NDArray[np.uint8], list[StoredObject]]:
    """Number the connected parts of all classes but the background.

    Args:
        labels: (H, W) ids, 255 unknown.
        sample: index that the objects shall have.

    Returns:
        (H, W) numbers, and the objects, largest first.
    """
    height, width = labels.shape
    found = []
    for label in np.unique(labels):
        if label in (0, IGNORE):
            continue
        count, parts, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=8)
        found += [(int(stats[i][4]), int(label), parts, i, [int(v) for v in stats[i][:4]]) for i in range(1, count)]
    found.sort(key=lambda part: -part[0])
    numbers, objects = np.zeros(labels.shape, np.uint8), []
    for number, (area, label, parts, i, (x, y, w, h)) in enumerate(found[:MOST_OBJECTS], 1):
        numbers[y : y + h, x : x + w][parts[y : y + h, x : x + w] == i] = number
        rim = area >= RECTANGULAR * w * h
        dy, dx = (int(RIM * h), int(RIM * w)) if rim else (0, 0)
        bottom = min(height, y + h + dy)
        box = (max(0, y - dy), max(0, x - dx), bottom, min(width, x + w + dx))
        objects.append(StoredObject(sample, number, label, box, rim, area, bottom / height))
    return numbers, objects


def _summed(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how many object pixels lie above and left of each corner of the cells."""
    wanted = (labels > 0) & (labels != IGNORE)
    padded = np.pad(wanted, [(0, -side % CELL) for side in labels.shape])
    cells = padded.reshape(padded.shape[0] // CELL, CELL, padded.shape[1] // CELL, CELL).sum((1, 3))
    return np.pad(cells.cumsum(0).cumsum(1), ((1, 0), (1, 0))).astype(np.int64)


def _place(size: int, device: torch.device) -> str:
    """Return where samples of so many bytes go."""
    if device.type != "cuda":
        return "device"
    free, _ = torch.cuda.mem_get_info(device)
    return "device" if size <= free // 2 else "pinned"
