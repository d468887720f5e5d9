# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.streets import SceneConfig, SyntheticFrame, SyntheticScene
from fusion_perception.labels import MSRS9

CAR, PERSON, BIKE, CURVE, CONE = 1, 2, 3, 4, 7


def luminance(frame: SyntheticFrame) -> np.ndarray:
    return cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY).astype(float)


def contrast(image: np.ndarray, mask: np.ndarray) -> float:
    """Mean absolute difference between a region and the ring around it, in grey levels."""
    around = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    around &= ~cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return abs(float(image[mask].mean()) - float(image[around].mean()))


def object_contrasts(frames: list[SyntheticFrame], label: int) -> tuple[float, float]:
    """Median contrast of the larger objects of a class in thermal and in RGB."""
    thermal, rgb = [], []
    for frame in frames:
        for box in frame.boxes:
            if box.label != label or (box.y1 - box.y0) < 14:
                continue
            mask = np.zeros(frame.labels.shape, bool)
            mask[box.y0 : box.y1, box.x0 : box.x1] = frame.labels[box.y0 : box.y1, box.x0 : box.x1] == label
            thermal.append(contrast(frame.thermal.astype(float), mask))
            rgb.append(contrast(luminance(frame), mask))
    assert len(thermal) >= 5, "too few objects to compare"
    return float(np.median(thermal)), float(np.median(rgb))


@pytest.mark.parametrize("condition", ["day", "night", "fog", "glare"])
def test_shapes_and_types(render, condition: str) -> None:
    frame = render(condition, 0)
    assert frame.thermal.shape == frame.labels.shape == (240, 320)
    assert frame.rgb.shape == (240, 320, 3)
    assert frame.thermal.dtype == frame.rgb.dtype == frame.labels.dtype == np.uint8
    assert frame.labels.max() < len(MSRS9)
    assert frame.condition == condition
    assert frame.name == ("00000N" if condition in {"night", "glare"} else "00000D")


def test_equal_configurations_give_equal_frames_in_any_order(render) -> None:
    config = SceneConfig(height=240, width=320, condition="day", seed=1)
    other = SyntheticScene(config)
    for i in (30, 0, 12):
        again, first = other.frame(i), render("day", i)
        np.testing.assert_array_equal(again.rgb, first.rgb)
        np.testing.assert_array_equal(again.thermal, first.thermal)
        np.testing.assert_array_equal(again.labels, first.labels)
        assert again.boxes == first.boxes


def test_seeds_give_different_streets(render) -> None:
    assert np.abs(render("day", 0).rgb.astype(int) - render("day", 0, seed=2).rgb).mean() > 10


@pytest.mark.parametrize("condition", ["day", "night"])
def test_consecutive_frames_move_smoothly(render, condition: str) -> None:
    """Neighbours differ by little; frames two seconds apart by several times as much."""
    soft = [cv2.GaussianBlur(luminance(render(condition, i)), (0, 0), 2) for i in (20, 21, 22, 40)]
    near = [np.abs(a - b).mean() for a, b in pairwise(soft[:3])]
    far = np.abs(soft[0] - soft[3]).mean()
    assert max(near) < 0.6 * far
    assert max(near) < 2.0 * min(near)
    labels = [render(condition, i).labels for i in (20, 21)]
    for label in (CAR, PERSON):
        a, b = labels[0] == label, labels[1] == label
        assert (a & b).sum() > 0.4 * (a | b).sum()


def test_all_classes_appear_along_the_street(render) -> None:
    seen: set[int] = set()
    for i in range(0, 320, 16):
        seen |= set(np.unique(render("day", i).labels).tolist())
    assert seen == set(range(len(MSRS9)))


def test_boxes_enclose_visible_pixels(render) -> None:
    frame = render("day", 20)
    assert {box.label for box in frame.boxes} >= {CAR, PERSON}
    covered = np.zeros(frame.labels.shape, bool)
    for box in frame.boxes:
        assert 0 <= box.x0 < box.x1 <= 320
        assert 0 <= box.y0 < box.y1 <= 240
        inside = frame.labels[box.y0 : box.y1, box.x0 : box.x1] == box.label
        assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()
        covered[box.y0 : box.y1, box.x0 : box.x1] = True
    for label in (CAR, PERSON, BIKE):
        pixels = frame.labels == label
        assert (pixels & covered).sum() >= 0.95 * pixels.sum()


def test_labels_follow_the_picture(render) -> None:
    """Where the person label is, thermal is warm; one object's width aside it is not."""
    frames = [render("day", i) for i in range(0, 320, 16)]
    person = np.concatenate(
        [f.thermal[cv2.erode((f.labels == PERSON).astype(np.uint8), np.ones((3, 3))) > 0] for f in frames]
    )
    rest = np.concatenate([f.thermal[f.labels == 0] for f in frames])
    assert np.percentile(person, 10) > np.percentile(rest, 90)
    cones = np.concatenate([f.rgb[f.labels == CONE] for f in frames]).astype(int)
    ground = np.concatenate([f.rgb[f.labels == 0] for f in frames]).astype(int)
    redness = [(c[:, 0] - c[:, 2]).mean() for c in (cones, ground)]
    assert redness[0] > redness[1] + 20


@pytest.mark.parametrize(
    ("condition", "source", "ratio"),
    [("night", "headlights", 3.0), ("glare", "headlights", 2.0), ("fog", "headlights", 2.5)],
)
def test_thermal_shows_people_where_rgb_does_not(render, condition: str, source: str, ratio: float) -> None:
    frames = [render(condition, i, 1, source) for i in range(0, 160, 16)]
    thermal, rgb = object_contrasts(frames, PERSON)
    assert thermal > 25
    assert thermal > ratio * rgb


def test_rgb_shows_what_thermal_does_not(render) -> None:
    """By day kerbs, cones and parked bicycles stand out in RGB and sink into the ground in thermal."""
    frames = [render("day", i) for i in range(0, 320, 16)]
    for label, factor in ((CURVE, 1.5), (CONE, 2.0)):
        thermal, rgb = [], []
        for frame in frames:
            mask = frame.labels == label
            if mask.sum() > 30:
                thermal.append(np.abs(np.diff(frame.thermal.astype(float), axis=0))[mask[1:]].mean())
                rgb.append(np.abs(np.diff(luminance(frame), axis=0))[mask[1:]].mean())
        assert np.mean(rgb) > factor * np.mean(thermal), MSRS9.names[label]


def test_fog_hides_what_is_far_from_rgb_alone(render) -> None:
    def spread(frame: SyntheticFrame, image: np.ndarray) -> float:
        return float(image[90:115].std())  # the rows around the horizon show what is far

    clear, fog = render("day", 0), render("fog", 0)
    assert spread(fog, luminance(fog)) < 0.45 * spread(clear, luminance(clear))
    assert spread(fog, fog.thermal.astype(float)) > 0.45 * spread(clear, clear.thermal.astype(float))


def test_glare_saturates_rgb_alone(render) -> None:
    frame = render("glare", 0, 1, "sun")
    assert (luminance(frame) > 250).mean() > 0.004
    assert (frame.thermal > 250).mean() < 0.001


def test_tones_lie_where_cameras_put_them(render) -> None:
    """Mean levels are in the range of 8-bit campus pictures: dark thermal, dark nights."""
    for condition, rgb_range, thermal_range in (("day", (70, 135), (18, 42)), ("night", (12, 50), (12, 30))):
        frames = [render(condition, i) for i in range(0, 160, 16)]
        rgb, thermal = np.mean([luminance(f).mean() for f in frames]), np.mean([f.thermal.mean() for f in frames])
        assert rgb_range[0] < rgb < rgb_range[1]
        assert thermal_range[0] < thermal < thermal_range[1]


@pytest.mark.parametrize(("height", "width"), [(48, 64), (97, 131), (288, 512)])
def test_other_sizes(height: int, width: int) -> None:
    config = SceneConfig(height=height, width=width, condition="night", seed=3)
    frame = SyntheticScene(config).frame(7)
    assert frame.thermal.shape == (height, width)
    assert (frame.labels == CAR).any()
    assert frame.thermal.std() > 2


def test_an_empty_street_and_standing_cameras() -> None:
    config = SceneConfig(height=96, width=128, moving_cars=0, parked_cars=0, people=0, bikes=0, cones=0, speed=0.0)
    scene = SyntheticScene(config)
    assert scene.frame(0).boxes == []
    assert not set(np.unique(scene.frame(5).labels)) & {CAR, PERSON, BIKE, CONE}


@pytest.mark.parametrize(("i", "dt"), [(-1, 0.1), (0, 0.0), (0, float("nan"))])
def test_refuses_impossible_moments(i: int, dt: float) -> None:
    scene = SyntheticScene(SceneConfig(height=48, width=64))
    with pytest.raises(DataError, match="allowed: i >= 0"):
        scene.frame(i, dt)
