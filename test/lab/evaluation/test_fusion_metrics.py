# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.lab.evaluation.fusion_metrics import FUSION_METRICS, fusion_metrics, luminance, mean_metrics

MSRS = Path(__file__).resolve().parents[4] / "shared" / "data" / "msrs"

# Mean over the 41 pairs of val.txt: EN, SD, SF, AG, MI, SCD, VIF, Qabf, SSIM.
REFERENCE = {
    "average": (6.0436, 23.5048, 6.1354, 2.0759, 2.7968, 1.3310, 0.3453, 0.3546, 0.7064),
    "max": (6.7732, 42.9807, 11.2976, 3.5622, 6.6904, 1.6703, 0.5183, 0.7104, 0.6908),
}


@pytest.mark.slow
@pytest.mark.parametrize("method", REFERENCE)
def test_reference_table(method):
    if not (MSRS / "val.txt").is_file():
        pytest.skip("../shared/data/msrs is not there")
    rows = []
    for name in (MSRS / "val.txt").read_text().split():
        thermal = cv2.imread(str(MSRS / "ir" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        rgb = cv2.cvtColor(cv2.imread(str(MSRS / "vi" / f"{name}.png")), cv2.COLOR_BGR2RGB)
        y = luminance(rgb)
        fused = (
            ((thermal.astype(np.uint16) + y) // 2).astype(np.uint8) if method == "average" else np.maximum(thermal, y)
        )
        rows.append(fusion_metrics(thermal, rgb, fused))
    means = mean_metrics(rows)
    keys = [metric.key for metric in FUSION_METRICS[:9]]
    assert keys == ["EN", "SD", "SF", "AG", "MI", "SCD", "VIF", "Qabf", "SSIM"]
    for key, expected in zip(keys, REFERENCE[method], strict=True):
        tolerance = 0.001 if key in {"VIF", "Qabf", "SSIM"} else 0.0001
        assert means[key] == pytest.approx(expected, abs=tolerance), key


def test_every_metric_of_the_table_is_computed():
    image = np.random.default_rng(0).integers(0, 256, (176, 180), np.uint8)
    values = fusion_metrics(image, image, image)
    assert list(values) == [metric.key for metric in FUSION_METRICS]
    assert all(np.isfinite(v) for v in values.values())
    assert values["VIF_sum"] == pytest.approx(2 * values["VIF"])


def test_colour_images_count_by_their_luminance():
    rng = np.random.default_rng(1)
    thermal, rgb = rng.integers(0, 256, (48, 48), np.uint8), rng.integers(0, 256, (48, 48, 3), np.uint8)
    a = fusion_metrics(thermal, rgb, rgb)
    b = fusion_metrics(thermal, luminance(rgb), luminance(rgb))
    assert a["MI"] == b["MI"] and a["VIF"] == b["VIF"]
    assert luminance(np.full((1, 1, 3), (255, 0, 0), np.uint8))[0, 0] == 76  # 0.299 * 255


def test_small_images_leave_out_what_they_cannot_carry():
    image = np.random.default_rng(2).integers(0, 256, (20, 20), np.uint8)
    values = fusion_metrics(image, image, image)
    assert [k for k, v in values.items() if np.isnan(v)] == ["VIF", "MS_SSIM", "VIF_sum"]


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((20, 21), np.uint8, "must have one size"),
        ((20, 20), np.float32, "take uint8 images"),
        ((20, 20, 4), np.uint8, r"got uint8 \(20, 20, 4\)"),
    ],
)
def test_unusable_images_are_named(shape, dtype, message):
    image = np.zeros((20, 20), np.uint8)
    with pytest.raises(ImageError, match=message):
        fusion_metrics(image, image, np.zeros(shape, dtype))


def test_a_single_row_is_refused():
    row = np.zeros((1, 20), np.uint8)
    with pytest.raises(ImageError, match="at least 2 x 2"):
        fusion_metrics(row, row, row)


def test_means_leave_out_nan():
    rows = [{"a": 1.0, "b": float("nan")}, {"a": 3.0, "b": float("nan")}]
    means = mean_metrics(rows)
    assert means["a"] == 2
    assert np.isnan(means["b"])
    assert mean_metrics([]) == {}
