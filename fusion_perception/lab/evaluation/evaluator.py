# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Run a method over a data set and gather every figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import DataError, ImageError
from fusion_perception.lab.data.boxes import BOX_SETS
from fusion_perception.lab.data.dataset import Dataset
from fusion_perception.lab.data.image_pair import ImagePair, time_of_day
from fusion_perception.lab.evaluation.attribution_figures import AgreementFigures, BrightnessReference
from fusion_perception.lab.evaluation.cuts import find_cuts
from fusion_perception.lab.evaluation.evaluation_results import Evaluation, FrameResult
from fusion_perception.lab.evaluation.failures import FailedSensor, earlier_pair
from fusion_perception.lab.evaluation.fusion_metrics import fusion_metrics, luminance
from fusion_perception.lab.evaluation.methods import Method, MethodOutput
from fusion_perception.lab.evaluation.robustness import CLEAN, Perturbation
from fusion_perception.lab.evaluation.segmentation.box_match import BoxScore
from fusion_perception.lab.evaluation.segmentation.confusion_matrix import ConfusionMatrix
from fusion_perception.lab.evaluation.segmentation_metrics import SplitScores, box_ids
from fusion_perception.lab.evaluation.sensor_agreement import SensorAgreement, brightness_share
from fusion_perception.lab.evaluation.temporal import TemporalScore
from fusion_perception.preprocess import GainControl
from fusion_perception.resize import resize

Gray = NDArray[np.uint8]

Disturbance = Perturbation | FailedSensor
"""What is done to a pair before a method gets it."""

Seen = Callable[[int, MethodOutput], None]
"""Called with (number of the pair, what was made of it)."""

Tick = Callable[[int, int], None]
"""Called with (pairs done, pairs in all)."""


class Evaluator:
    """Measures methods on one data set.

    Args:
        dataset: the pairs.
        limit: only the first pairs, 0 for all.
        box_set: which of the annotated box sets to use.
        workers: threads for the fusion metrics, which take longer than a fast engine.
    """

    def __init__(self, dataset: Dataset, *, limit: int = 0, box_set: str = BOX_SETS[0], workers: int = 1) -> None:
        self.dataset = dataset
        self.count = min(limit, len(dataset)) if limit > 0 else len(dataset)
        self.box_set = box_set
        self.workers = max(1, workers)

    def items(self, indices: Sequence[int] | None = None) -> Iterator[ImagePair]:
        """Read the pairs, or those with the given numbers, thermal brought to 8 bit and to the size of RGB.

        Each pair has a gain of its own, as in training: a gain that went on from pair to pair would make the figures
        depend on the order. In a video it does go on, as in the node, unless single frames are asked for.
        """
        gain, starts = GainControl(), self.dataset.starts
        for i in range(self.count) if indices is None else indices:
            if starts is None or indices is not None or i in starts:
                gain = GainControl()
            item = self.dataset[i]
            thermal = resize(gain(item.thermal), (item.rgb.shape[0], item.rgb.shape[1]))
            yield replace(item, thermal=thermal)

    def disturbed(self, disturbance: Disturbance) -> Iterator[tuple[ImagePair, Gray | None, NDArray[np.uint8] | None]]:
        """Read the pairs and what arrives of them: (pair as recorded, thermal, RGB); None is a missing image.

        Raises:
            DataError: a camera is to freeze, and there is no other pair that it could still show.
        """
        for i, item in enumerate(self.items()):
            if isinstance(disturbance, Perturbation):
                yield item, *disturbance.apply(item.thermal, item.rgb, np.random.default_rng(i))
            else:
                yield item, *self._failing(disturbance, i, item)

    def failing(
        self, failures: Sequence[FailedSensor]
    ) -> Iterator[tuple[ImagePair, Iterator[tuple[FailedSensor, Gray, NDArray[np.uint8]]]]]:
        """Read the pairs once, each with what arrives of it under every failure: (failure, thermal, RGB).

        Raises:
            DataError: as ``disturbed``.
        """
        for i, item in enumerate(self.items()):
            yield item, ((failed, *self._failing(failed, i, item)) for failed in failures)

    def _failing(self, failed: FailedSensor, i: int, item: ImagePair) -> tuple[Gray, NDArray[np.uint8]]:
        def earlier() -> tuple[Gray, NDArray[np.uint8]]:
            return self._earlier(item, earlier_pair(self._times, i))

        return failed.apply(item.thermal, item.rgb, np.random.default_rng(i), earlier)

    @property
    def can_freeze(self) -> bool:
        """Whether every pair has another one of the same time of day, which a frozen camera could still show."""
        return all(self._times.count(time) > 1 for time in set(self._times))

    @cached_property
    def _times(self) -> list[str | None]:
        return [time_of_day(name) for name in self.dataset.names[: self.count]]

    def _earlier(self, item: ImagePair, other: int | None) -> tuple[Gray, NDArray[np.uint8]]:
        if other is None:
            raise DataError(f"no camera can freeze at '{item.name}': no other pair has its time of day; take more")
        (pair,) = self.items([other])
        size = (item.rgb.shape[0], item.rgb.shape[1])
        return resize(pair.thermal, size), resize(pair.rgb, size)

    def run(
        self,
        method: Method,
        disturbance: Disturbance = CLEAN,
        tick: Tick | None = None,
        *,
        fusion: bool = True,
        seen: Seen | None = None,
    ) -> Evaluation:
        """Measure a method.

        The figures are always taken against the pairs as recorded, whatever the method was given.
        Stability over time is measured on clean pairs only. The noise is the same for every method.

        Args:
            method: what to run; for disturbed pairs it must run here.
            disturbance: what is done to the pairs first.
            tick: progress.
            fusion: take the fusion metrics too, which cost more time than a fast engine does.
            seen: is shown every pair and what the method made of it, in order.

        Raises:
            DataError: an image is missing, damaged or of a wrong size; the message names it.
        """
        result = Evaluation()
        labels = method.labels
        result.scores = SplitScores(labels) if labels is not None else None
        result.temporal = TemporalScore(labels) if disturbance is CLEAN else None
        compare = self._comparable(method, result.notes)
        starts = self.dataset.starts
        cuts = find_cuts(self.dataset.names[: self.count]) if starts is None else starts
        pending: list[Future[tuple[dict[str, float], float]]] = []
        with ThreadPoolExecutor(self.workers) as pool:
            for i, (item, thermal, rgb) in enumerate(self.disturbed(disturbance)):
                output = run_named(method, item, thermal, rgb)
                if seen:
                    seen(i, output)
                if fusion:
                    pending.append(pool.submit(_timed_metrics, item, output))
                    if i >= 2 * self.workers:
                        pending[i - 2 * self.workers].result()  # do not let the engine run away with the memory
                if result.temporal is not None:
                    if i in cuts:
                        result.temporal.restart()
                    result.temporal.update(item.thermal, item.rgb, output.fused, output.mask)
                if output.engine_ms is not None:
                    result.engine_ms.append(output.engine_ms)
                frame = FrameResult(item.name, item.time)
                if result.scores is not None and output.mask is not None:
                    self._score(result.scores, item, output.mask, output.confidence, frame, compare=compare)
                result.frames.append(frame)
                if tick:
                    tick(i + 1, self.count)
            spent = 0.0
            for frame, future in zip(result.frames, pending, strict=False):
                frame.fusion, seconds = future.result()
                spent += seconds
        result.fusion_ms = spent / max(1, len(pending)) * 1e3
        return result

    def sensor_agreement(self, method: Method, tick: Tick | None = None) -> dict[str, AgreementFigures] | None:
        """Try the attribution by taking the sensors away.

        Args:
            method: what to run; it must run here.
            tick: progress.

        Returns:
            Split -> figures of :class:`SensorAgreement`, with those of ``brightness_share`` as their reference; or
            None for a method without masks or attribution.
        """
        if method.labels is None:
            return None
        score, reference = SensorAgreement(method.labels), SensorAgreement(method.labels)
        for i, item in enumerate(self.items()):
            clean = run_named(method, item, item.thermal, item.rgb, attribution=True)
            blind, dark = run_named(method, item, None, item.rgb), run_named(method, item, item.thermal, None)
            if clean.attribution is None:
                return None
            decisions = (decision(clean), decision(blind), decision(dark))
            score.update(clean.attribution, *decisions, item.time)
            reference.update(brightness_share(item.thermal, luminance(item.rgb)), *decisions, item.time)
            if tick:
                tick(i + 1, self.count)
        brightness = reference.summary()
        return {
            split: replace(
                figures,
                brightness=BrightnessReference(
                    brightness[split].agreement, brightness[split].rank_correlation, brightness[split].gap
                ),
            )
            for split, figures in score.summary().items()
        }

    def _comparable(self, method: Method, notes: list[str]) -> bool:
        ours, theirs = method.labels, self.dataset.label_set
        if ours is None or theirs is None or ours.names == theirs.names:
            return ours is not None and theirs is not None
        notes.append(f"masks were not compared: the model's ids are '{ours.name}', the data set's '{theirs.name}'")
        return False

    def _score(
        self,
        scores: SplitScores,
        item: ImagePair,
        mask: NDArray[np.uint8],
        confidence: NDArray[np.uint8] | None,
        frame: FrameResult,
        *,
        compare: bool,
    ) -> None:
        ids = box_ids(scores.labels)
        boxes = item.boxes.get(self.box_set)
        if boxes is not None:
            scores.update_boxes(mask, boxes, split=item.time)
            single = BoxScore(ids)
            single.update(mask, boxes)
            counts = single.counts.values()
            frame.boxes = (sum(c.boxes for c in counts), sum(c.matched for c in counts))
        if not compare or item.labels is None:
            return
        try:
            scores.update_masks(
                mask, item.labels, kind=item.kind, split=item.time, confidence=confidence, annotated=item.annotated
            )
        except ImageError as error:
            raise DataError(f"labels of '{item.name}': {error}") from error
        matrix = ConfusionMatrix(scores.labels)
        matrix.update(mask, item.labels, item.annotated)
        objects = matrix.iou[sorted(ids.values())]
        if not np.isnan(objects).all():
            frame.object_iou = float(np.nanmean(objects))


def run_named(
    method: Method,
    item: ImagePair,
    thermal: NDArray[np.uint8] | None,
    rgb: NDArray[np.uint8] | None,
    *,
    attribution: bool = False,
) -> MethodOutput:
    """Run a method; an image it cannot use becomes an error that names the pair.

    Raises:
        DataError: the image cannot be used.
    """
    try:
        return method.run(item.name, thermal, rgb, attribution=attribution)
    except ImageError as error:
        raise DataError(f"pair '{item.name}': {error}") from error


def decision(output: MethodOutput) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return (mask, confidence); without a confidence every decision counts as certain."""
    if output.mask is None:
        raise ImageError("a method with labels returned no mask")
    certain = np.full_like(output.mask, 255)
    return output.mask, output.confidence if output.confidence is not None else certain


def _timed_metrics(item: ImagePair, output: MethodOutput) -> tuple[dict[str, float], float]:
    start = perf_counter()
    values = fusion_metrics(item.thermal, item.rgb, output.fused)
    return values, perf_counter() - start
