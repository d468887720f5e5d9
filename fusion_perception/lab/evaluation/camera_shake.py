# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Stability on single pairs: the small changes that the next frame of a real camera would bring.

A data set of one pair a second has no two frames of the same moment. So the next frame is made from the
recorded one: other sensor noise, a mount that shakes by a pixel or two, an automatic gain that breathes.
The scene is the same by construction and the motion is known, so no class may change and the fused
brightness may follow the sources, but not exceed them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.evaluator import Evaluator, Tick, run_named
from fusion_perception.lab.evaluation.fusion_metrics import luminance
from fusion_perception.lab.evaluation.methods import Method, MethodOutput
from fusion_perception.lab.evaluation.robustness import add_noise
from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.lab.evaluation.segmentation_metrics import ALL, in_order, number
from fusion_perception.lab.evaluation.stability_figures import (
    ChangeFigures,
    NextFrameFigures,
    ShakeFigures,
    ShakenMasks,
)
from fusion_perception.labels import IGNORE, LabelSet

NOISE_LEVELS = 2.0
"""Standard deviation of the added noise in grey levels, each sensor on its own."""
SHAKE_PIXELS = 2.0
"""Largest shift along each axis in pixels, parts of a pixel included, both cameras alike: one mount."""
GAIN = 0.03
"""Largest relative change of the grey levels, each sensor on its own."""
DRAWS = 2
"""Next frames of every kind made from one pair."""
EDGE = 3
"""Pixels nearer than this to an outline of the first mask are no interior."""
SMALLEST_CHANGE = 0.1
"""Below this change of the inputs in grey levels, a ratio to it says nothing."""


@dataclass(frozen=True)
class Change:
    """What differs between two frames of one scene.

    Attributes:
        name: row name.
        description: for a reader of the table.
        noise: whether the noise differs.
        shake: whether the mount has moved.
        gain: whether the gain differs.
    """

    name: str
    description: str
    noise: bool = False
    shake: bool = False
    gain: bool = False


CHANGES = (
    Change("noise", f"Gaussian noise of {NOISE_LEVELS:g} grey levels on both sensors", noise=True),
    Change("shake", f"both cameras moved by up to {SHAKE_PIXELS:g} px, parts of a pixel included", shake=True),
    Change("gain", f"grey levels of each sensor scaled by up to {GAIN:.0%}", gain=True),
    Change("all together", "noise, shake and gain", noise=True, shake=True, gain=True),
)


@dataclass(frozen=True)
class NextFrame:
    """A pair made from another one.

    Attributes:
        thermal: (H, W) uint8.
        rgb: (H, W, 3) uint8 RGB.
        dx: what stood at column x stands at x + dx.
        dy: what stood at row y stands at y + dy.
    """

    thermal: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    dx: float
    dy: float


def next_frame(
    thermal: NDArray[np.uint8], rgb: NDArray[np.uint8], change: Change, rng: np.random.Generator
) -> NextFrame:
    """Return the pair as the cameras might have taken it a moment later."""
    dx, dy = rng.uniform(-SHAKE_PIXELS, SHAKE_PIXELS, 2) if change.shake else (0.0, 0.0)
    gains = 1 + rng.uniform(-GAIN, GAIN, 2) if change.gain else np.ones(2)
    images = []
    for image, gain in zip((thermal, rgb), gains, strict=True):
        made = image
        if change.shake:
            made = _moved(made, -dx, -dy, cv2.INTER_CUBIC)
        if change.gain:
            made = np.clip(np.rint(made * np.float32(gain)), 0, 255).astype(np.uint8)
        if change.noise:
            made = add_noise(made, NOISE_LEVELS, rng)
        images.append(made)
    return NextFrame(images[0], images[1], float(dx), float(dy))


class _Sums:
    """What is added up for one change and one split."""

    def __init__(self, labels: LabelSet | None) -> None:
        self.matrix = ConfusionMatrix(labels) if labels is not None else None
        self.interior = [0, 0]  # pixels that agree, and all
        self.changes: list[tuple[float, float, float]] = []  # fused, thermal, luminance


class CameraShake:
    """Agreement of masks and brightness between a pair and the frame after it.

    Corresponding pixels are compared: the second mask is carried back by the known shift (nearest
    pixel); what left the picture is not counted.

    - *agreement*: share of the pixels with the same class. *Interior*: the same more than 2 pixels away
      from every outline of the first mask, where rounding the shift cannot matter.
    - *consistency*: mean over the object classes of the IoU of both masks.
    - *fused change*: root mean square over the pairs of dF, the change of the mean fused luminance, in
      grey levels; *input change*: the same of max(|dT|, |dY|), the larger change of the two sources.
      *Ratio*: one over the other; above 1 the fused image moves more than any camera does.
    - *pumping*: root mean square of dF less the nearest value between 0, dT and dY: brightness that no
      camera shows (as in ``TemporalScore``).

    Args:
        labels: names of the classes, or None for a method without masks.
    """

    def __init__(self, labels: LabelSet | None) -> None:
        self._labels = labels
        self._sums: dict[str, dict[str, _Sums]] = {change.name: {} for change in CHANGES}

    def update(
        self,
        change: Change,
        first: tuple[NDArray[np.uint8], NDArray[np.uint8], MethodOutput],
        second: tuple[NextFrame, MethodOutput],
        split: str | None = None,
    ) -> None:
        """Add a pair and its next frame.

        Args:
            change: what differs between them.
            first: thermal (H, W), RGB (H, W, 3) and what the method made of them.
            second: the next frame, and what the method made of it.
            split: for example ``"night"``.

        Raises:
            ImageError: the sizes differ.
        """
        thermal, rgb, before = first
        frame, after = second
        if not thermal.shape == frame.thermal.shape == after.fused.shape[:2] == before.fused.shape[:2]:
            raise ImageError(f"the images of both frames must have one size; got {thermal.shape}, {after.fused.shape}")
        height, width = thermal.shape
        rows, columns = np.indices((height, width), dtype=np.float32)
        x, y = columns + np.float32(frame.dx), rows + np.float32(frame.dy)
        seen = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)

        def change_of(old: NDArray[np.uint8], new: NDArray[np.uint8]) -> float:
            carried = _moved(luminance(new), frame.dx, frame.dy, cv2.INTER_LINEAR)
            return float((carried.astype(np.int16) - luminance(old))[seen].mean())

        changes = (
            change_of(before.fused, after.fused),
            change_of(thermal, frame.thermal),
            change_of(rgb, frame.rgb),
        )
        for name in (ALL,) if split is None else (ALL, split):
            sums = self._sums[change.name].setdefault(name, _Sums(self._labels))
            sums.changes.append(changes)
            if sums.matrix is None or before.mask is None or after.mask is None:
                continue
            carried = _moved(after.mask, frame.dx, frame.dy, cv2.INTER_NEAREST)
            sums.matrix.update(carried, np.where(seen, before.mask, np.uint8(IGNORE)))
            inner = seen & _interior(before.mask)
            sums.interior[0] += int(np.count_nonzero((carried == before.mask) & inner))
            sums.interior[1] += int(np.count_nonzero(inner))

    def summary(self) -> NextFrameFigures:
        """Return the figures; None stands for "cannot be said"."""
        changes = (
            ChangeFigures(
                change.name,
                change.description,
                {s: _figures(self._sums[change.name][s]) for s in in_order(self._sums[change.name])},
            )
            for change in CHANGES
        )
        return NextFrameFigures(DRAWS, tuple(changes))


def measure_shake(evaluator: Evaluator, method: Method, tick: Tick | None = None) -> NextFrameFigures:
    """Return the figures of :class:`CameraShake` on a data set.

    Args:
        evaluator: reads the pairs.
        method: what to run; it must run here.
        tick: progress.
    """
    score = CameraShake(method.labels)
    for i, item in enumerate(evaluator.items()):
        before = run_named(method, item, item.thermal, item.rgb)
        rng = np.random.default_rng(i)
        for change in CHANGES:
            for _ in range(DRAWS):
                frame = next_frame(item.thermal, item.rgb, change, rng)
                after = run_named(method, item, frame.thermal, frame.rgb)
                score.update(change, (item.thermal, item.rgb, before), (frame, after), item.time)
        if tick:
            tick(i + 1, evaluator.count)
    return score.summary()


def _figures(sums: _Sums) -> ShakeFigures:
    fused, thermal, visible = np.array(sums.changes).T
    inputs = np.maximum(np.abs(thermal), np.abs(visible))
    low, high = (f(f(thermal, visible), 0) for f in (np.minimum, np.maximum))
    moved, given = _rms(fused), _rms(inputs)
    masks = None
    if sums.matrix is not None:
        masks = ShakenMasks(
            agreement=number(sums.matrix.pixel_accuracy),
            interior_agreement=sums.interior[0] / sums.interior[1] if sums.interior[1] else None,
            consistency=number(sums.matrix.mean_iou(background=False)),
            consistency_per_class={
                name: number(value) for name, value in zip(sums.matrix.labels.names, sums.matrix.iou, strict=True)
            },
        )
    return ShakeFigures(
        frame_pairs=len(fused),
        fused_change_levels=moved,
        input_change_levels=given,
        change_ratio=moved / given if given >= SMALLEST_CHANGE else None,
        pumping_levels=_rms(fused - np.clip(fused, low, high)),
        masks=masks,
    )


def _moved(image: NDArray[np.uint8], dx: float, dy: float, interpolation: int) -> NDArray[np.uint8]:
    """Return the image whose pixel (x, y) is the given one's (x + dx, y + dy), the border repeated."""
    if dx == dy == 0:
        return image
    height, width = image.shape[:2]
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    flags = interpolation | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _interior(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    kernel = np.ones((2 * EDGE - 1, 2 * EDGE - 1), np.uint8)
    return np.asarray(cv2.erode(mask, kernel) == cv2.dilate(mask, kernel))


def _rms(values: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
