# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.lab.training.augmentation.config import FAILURES  # noqa: E402
from fusion_perception.lab.training.augmentation.dice import Dice  # noqa: E402
from fusion_perception.lab.training.augmentation.failures import failed  # noqa: E402
from test.lab.training.augmentation.stores import draw, noise, sample  # noqa: E402


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize(("name", "sensor"), [("p_no_thermal", "thermal"), ("p_no_rgb", "rgb")])
def test_one_sensor_fails_and_the_other_and_the_labels_stay(name: str, sensor: str, kind: str) -> None:
    pairs = [sample(0), sample(1), sample(2)]
    sound = draw(pairs, [0, 1, 2, 0])
    broken = draw(pairs, [0, 1, 2, 0], failures=(kind,), **{name: 1.0})
    other = "rgb" if sensor == "thermal" else "thermal"
    assert torch.equal(getattr(sound, other), getattr(broken, other))
    assert torch.equal(sound.labels, broken.labels)
    before, after = getattr(sound, sensor), getattr(broken, sensor)
    assert 0 <= after.min() <= after.max() <= 1
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_both_sensors_never_fail_at_once() -> None:
    for seed in range(3):
        batch = draw([sample()], [0] * 16, seed, p_no_thermal=0.5, p_no_rgb=0.5)
        dead = [image.amax((1, 2, 3)) == 0 for image in (batch.thermal, batch.rgb)]
        assert (dead[0] != dead[1]).all()
        assert dead[0].any() and dead[1].any()


def test_rgb_is_not_darkened_where_it_is_all_there_is() -> None:
    pairs = [sample(0)]
    sound = draw(pairs, [0] * 12)
    dark = draw(pairs, [0] * 12, p_dark=1.0, p_no_thermal=0.5)
    alone = dark.thermal.amax((1, 2, 3)) == 0
    assert 0 < alone.sum() < 12
    assert torch.equal(dark.rgb[alone], sound.rgb[alone])
    assert (dark.rgb[~alone].mean((1, 2, 3)) < 0.7 * sound.rgb[~alone].mean((1, 2, 3))).all()


def test_what_failures_look_like() -> None:
    image = noise(1, 3, 48, 64)[0]

    def shown(kind: str) -> torch.Tensor:
        return torch.stack([failed(image, kind, Dice(s)) for s in range(20)])

    assert not shown("black").any()
    constant = shown("constant")
    assert (constant.amax((1, 2, 3)) == constant.amin((1, 2, 3))).all()
    assert constant.std() > 0.1
    assert (shown("saturated") == 1).float().mean() > 0.5
    assert shown("noise").std((1, 2, 3)).min() > 0.03
    assert torch.equal(shown("noise"), shown("noise"))
    assert shown("blurred").std((1, 2, 3)).max() < 0.3 * image.std()
    shares = (shown("saturated") == 1).float().mean((1, 2, 3))
    assert shares.min() > 0.3
    assert shares.min() < 0.7  # some of the order of the darkest is left
    with pytest.raises(ValueError, match="no picture of a sensor that is 'frozen'"):
        failed(image, "frozen", Dice(0))


def test_a_frozen_camera_shows_another_time() -> None:
    import numpy as np

    from fusion_perception.lab.training.samples import Sample

    flat = [Sample(np.full((60, 80), 50 * i, np.uint8), *(getattr(sample(), n) for n in ("rgb", "labels")), True, "any")
            for i in range(1, 5)]  # fmt: skip
    frozen = draw(flat, [0] * 12, failures=("frozen",), p_no_thermal=1.0)
    levels = {round(255 * float(v)) for v in frozen.thermal.mean((1, 2, 3))}
    assert levels <= {50, 100, 150, 200}
    assert len(levels) > 2
