# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="augmentation needs OpenCV")

from fusion_perception.lab.training.augment import (  # noqa: E402
    PARTS,
    AugmentConfig,
    augment,
    heat,
    noisy,
    photometric,
    random_scale_crop,
    shift,
    thermal_response,
    without,
)
from fusion_perception.lab.training.choices import AUGMENTATIONS  # noqa: E402
from fusion_perception.lab.training.paste import ObjectBank  # noqa: E402
from fusion_perception.labels import IGNORE  # noqa: E402

OFF = AugmentConfig(
    (32, 48), (1.0, 1.0), 0.0, 0.0, 0, p_photometric=0, p_dark=0, p_noise=0, p_shift=0, p_no_thermal=0, p_no_rgb=0
)


def arrays(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    thermal = rng.integers(20, 200, (60, 80)).astype(np.uint8)
    rgb = rng.integers(20, 200, (60, 80, 3)).astype(np.uint8)
    labels = np.zeros((60, 80), np.uint8)
    labels[10:30, 40:60] = 2
    return thermal, rgb, labels


def config(**changes) -> AugmentConfig:
    return AugmentConfig(**{**vars(OFF), **changes})


def test_all_three_images_are_cut_alike() -> None:
    labels = arrays()[2]
    marks = (labels.copy(), np.repeat(labels[..., None], 3, -1), labels)
    for seed in range(5):
        t, c, out = augment(marks, config(p_flip=0.5), np.random.default_rng(seed))
        assert out.shape == (32, 48)
        assert np.array_equal(t, out)
        assert np.array_equal(c[..., 1], out)


def test_crops_prefer_objects() -> None:
    found = [
        (random_scale_crop(arrays(), config(crop=(16, 16)), np.random.default_rng(s))[2] == 2).any() for s in range(60)
    ]
    chance = np.mean([(arrays()[2][y : y + 16, x : x + 16] == 2).any() for y in range(45) for x in range(65)])
    assert np.mean(found) > chance + 0.1


def test_small_images_are_padded_with_unknown() -> None:
    thermal, rgb, labels = random_scale_crop(arrays(), config(crop=(96, 96)), np.random.default_rng(0))
    assert thermal.shape == labels.shape == (96, 96)
    assert (labels == 255).sum() == 96 * 96 - 60 * 80
    assert (rgb[labels == 255] == 0).all()


@pytest.mark.parametrize(("name", "sensor"), [("p_no_thermal", 0), ("p_no_rgb", 1)])
def test_a_sensor_can_fail(name: str, sensor: int) -> None:
    result = augment(arrays(), config(**{name: 1.0}), np.random.default_rng(0))
    assert result[sensor].max() == 0
    assert result[1 - sensor].max() > 0
    assert (result[2] == 2).any()


def test_both_sensors_never_fail_at_once() -> None:
    strong = config(p_no_thermal=0.5, p_no_rgb=0.5)
    for seed in range(20):
        thermal, rgb, _ = augment(arrays(), strong, np.random.default_rng(seed))
        assert thermal.any() != rgb.any()


@pytest.mark.parametrize("name", ["p_photometric", "p_dark", "p_noise", "p_shift"])
def test_light_noise_and_shift_leave_labels_alone(name: str) -> None:
    plain = augment(arrays(), OFF, np.random.default_rng(0))
    changed = augment(arrays(), config(**{name: 1.0}), np.random.default_rng(0))
    assert np.array_equal(plain[2], changed[2])
    assert not (np.array_equal(plain[0], changed[0]) and np.array_equal(plain[1], changed[1]))


def test_darkness_is_dark() -> None:
    rgb = augment(arrays(), config(p_dark=1.0), np.random.default_rng(0))[1]
    assert rgb.mean() < 0.65 * arrays()[1].mean()


def test_responses_are_monotonic() -> None:
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(2, 0)
    for seed in range(5):
        assert (np.diff(thermal_response(ramp, np.random.default_rng(seed)).astype(int)) >= 0).all()
    grey = np.repeat(ramp[..., None], 3, -1)
    assert photometric(grey, np.random.default_rng(0)).shape == grey.shape


def test_shift_moves_the_image() -> None:
    image = np.zeros((9, 9), np.uint8)
    image[4, 4] = 200
    assert shift(image, 2, -1)[3, 6] == 200


def test_pasted_objects_come_from_the_same_time_of_day() -> None:
    bank = ObjectBank(min_area=10)
    bank.add("night", *arrays())
    empty = (np.zeros((60, 80), np.uint8), np.zeros((60, 80, 3), np.uint8), np.zeros((60, 80), np.uint8))
    assert bank.paste("day", empty, 3, np.random.default_rng(0)) is empty
    thermal, rgb, labels = bank.paste("night", empty, 3, np.random.default_rng(0))
    assert (labels == 2).sum() >= 400
    inside = labels == 2
    assert thermal[inside].mean() > 10
    assert thermal[~inside].mean() < 3
    assert rgb[inside].any()
    assert empty[2].max() == 0  # the image itself is left alone


def test_objects_of_another_time_of_day_are_brought_to_the_light_of_the_place() -> None:
    bank = ObjectBank(min_area=10)
    for key, label, brightness in (("night", 1, 12), ("day", 2, 230)):
        image = np.full((60, 80), brightness, np.uint8)
        labels = np.zeros((60, 80), np.uint8)
        labels[20:40, 30:50] = label
        bank.add(key, image, np.repeat(image[..., None], 3, -1), labels)
    night = (np.full((60, 80), 12, np.uint8), np.full((60, 80, 3), 12, np.uint8), np.zeros((60, 80), np.uint8))
    shares = {}
    for share in (0.0, 0.5, 1.0):
        pasted = [bank.paste("night", night, 1, np.random.default_rng(s), share) for s in range(40)]
        shares[share] = np.mean([(labels == 2).any() for _, _, labels in pasted])
        for thermal, rgb, labels in pasted:
            assert labels.any()
            if (labels == 2).any():
                inside = cv2.erode((labels == 2).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
                assert 8 < rgb[inside].mean() < 34  # as seen by day: 230
                assert 230 * np.exp(-0.5) - 1 <= thermal[inside].mean() <= 255
    assert shares[0.0] == 0
    assert 0.2 < shares[0.5] < 0.8
    assert shares[1.0] == 1
    assert night[2].max() == 0
    alone = ObjectBank(min_area=10)
    alone.patches["night"] = bank.patches["night"]
    assert (alone.paste("night", night, 1, np.random.default_rng(0), 1.0)[2] == 1).any()


def test_every_part_of_the_augmentation_can_be_left_out():
    assert tuple(PARTS) == AUGMENTATIONS
    config = without(AugmentConfig(), ["paste", "failures"])
    assert (config.p_paste, config.p_no_thermal, config.p_no_rgb) == (0, 0, 0)
    assert config.p_dark == AugmentConfig().p_dark > 0
    with pytest.raises(ValueError, match="unknown part of the augmentation 'x'; allowed: paste"):
        without(AugmentConfig(), ["x"])


def test_heat_changes_each_labelled_object_and_nothing_else():
    thermal = np.full((40, 60), 40, np.uint8)
    labels = np.zeros((40, 60), np.uint8)
    labels[5:15, 5:20], labels[20:35, 30:50], labels[25:30, 2:8] = 1, 1, 2
    out = heat(thermal, labels, (1,), np.random.default_rng(1))
    first, second = int(out[10, 12]), int(out[27, 40])
    assert first != 40 and second != 40 and first != second
    assert out[27, 5] == 40 and out[38, 55] == 40
    config = AugmentConfig(**{**vars(OFF), "p_heat": 1.0, "heated": (1,), "crop": (40, 60)})
    warmer, _, _ = augment((thermal, np.zeros((40, 60, 3), np.uint8), labels), config, np.random.default_rng(1))
    assert (warmer != 40).sum() > 100


def test_a_box_is_pasted_with_its_unknown_rim():
    bank = ObjectBank(min_area=10)
    image = np.full((60, 80), 90, np.uint8)
    labels = np.zeros((60, 80), np.uint8)
    labels[16:44, 26:54] = IGNORE
    labels[20:40, 30:50] = 1
    bank.add("night", image, np.repeat(image[..., None], 3, -1), labels)
    empty = (np.zeros((60, 80), np.uint8), np.zeros((60, 80, 3), np.uint8), np.zeros((60, 80), np.uint8))
    thermal, _, pasted = bank.paste("night", empty, 1, np.random.default_rng(0))
    assert ((pasted == 1).sum(), (pasted == IGNORE).sum()) == (20 * 20, 28 * 28 - 20 * 20)
    assert (thermal[pasted == 1] == 90).all()  # the seam lies outside of the label
    assert (thermal[pasted == 0] < 90).all()


def test_heated_things_of_another_time_of_day_can_be_as_cold_as_the_place():
    bank = ObjectBank(min_area=10)
    for key, brightness in (("day", 230), ("night", 40)):
        image = np.full((60, 80), brightness, np.uint8)
        labels = np.zeros((60, 80), np.uint8)
        labels[20:40, 30:50] = 1
        bank.add(key, image, np.repeat(image[..., None], 3, -1), labels)
    night = (np.full((60, 80), 40, np.uint8), np.full((60, 80, 3), 40, np.uint8), np.zeros((60, 80), np.uint8))

    def levels(heated: tuple[int, ...]) -> np.ndarray:
        pasted = [bank.paste("night", night, 1, np.random.default_rng(s), 1.0, heated) for s in range(40)]
        return np.array([thermal[labels == 1].mean() for thermal, _, labels in pasted])

    cold = np.abs(levels((1,)) - 40) < 20
    assert 0.2 < cold.mean() < 0.8
    assert (levels((2,)) > 100).all()


def test_strength_of_the_thermal_response_and_its_noise():
    ramp = np.arange(256, dtype=np.uint8)[None]
    spreads = [
        np.std([thermal_response(ramp, np.random.default_rng(s), strength)[0, 128] for s in range(60)])
        for strength in (0.5, 1.0, 2.0)
    ]
    assert spreads[0] < spreads[1] < spreads[2]
    flat = np.full((64, 64), 100, np.uint8)
    assert 1.5 < float(noisy(flat, 6, np.random.default_rng(0)).std()) < 7
