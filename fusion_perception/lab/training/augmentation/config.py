# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the augmentation does, and how often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

FAILURES = ("black", "constant", "frozen", "saturated", "noise", "blurred")
"""What a failed sensor may show."""


@dataclass(frozen=True)
class AugmentConfig:
    """Strength of the augmentation; every ``p_`` is a probability per sample.

    Attributes:
        crop: (height, width) of the training crop in pixels.
        scale: range of the random resize.
        p_flip: horizontal flip.
        p_paste: paste objects of other images taken at the same time of day.
        max_paste: most objects pasted at once.
        p_foreign: share of pasted objects that were taken at another time of day.
        p_photometric: of each sensor: exposure, contrast, gamma, white balance and saturation of RGB; gain, offset and
            gamma of thermal.
        response: strength of gain and gamma of thermal; 1 as an automatic gain control varies them.
        p_dark: RGB exposure down to a few per cent.
        p_noise: Gaussian noise and blur on RGB.
        p_thermal_noise: Gaussian noise and blur on thermal.
        p_shift: thermal moved against RGB.
        max_shift: largest displacement in pixels; small ones are more frequent.
        p_heat: labelled objects of the classes ``heated`` become warmer or colder, each by a factor of its own.
        heated: label ids of things that the sun and an engine heat, such as cars.
        p_no_thermal: thermal failed; never both sensors.
        p_no_rgb: RGB failed.
        failures: what a failed sensor shows, of ``FAILURES``; drawn evenly, so one named twice is seen twice as often.
        p_covered: one sensor covered in places, never both.
        light: strength of exposure, gamma and white balance of RGB; 1 as one camera varies them.
        p_polarity: thermal inverted, as cameras that are set to "black hot" show it.
        p_gain_control: thermal as another camera's gain control makes it 8-bit: stretched between percentiles,
            equalised by its histogram, or made even in local contrast.
        p_defects: thermal with stripes, dead rows and columns, and dead and hot pixels.
        p_coarse: of each sensor: lower resolution, by a factor up to 4.
        p_motion: RGB blurred by motion.
        p_jpeg: RGB with the losses of JPEG.
    """

    crop: tuple[int, int] = (320, 416)
    scale: tuple[float, float] = (0.6, 1.7)
    p_flip: float = 0.5
    p_paste: float = 0.5
    max_paste: int = 4
    p_foreign: float = 0.2
    p_photometric: float = 0.8
    response: float = 1.0
    p_dark: float = 0.12
    p_noise: float = 0.2
    p_thermal_noise: float = 0.0
    p_shift: float = 0.25
    max_shift: int = 5
    p_heat: float = 0.0
    heated: tuple[int, ...] = ()
    p_no_thermal: float = 0.08
    p_no_rgb: float = 0.08
    failures: tuple[str, ...] = ("black",)
    p_covered: float = 0.0
    light: float = 1.0
    p_polarity: float = 0.0
    p_gain_control: float = 0.0
    p_defects: float = 0.0
    p_coarse: float = 0.0
    p_motion: float = 0.0
    p_jpeg: float = 0.0

    def __post_init__(self) -> None:
        """Check the kinds of failures."""
        unknown = [kind for kind in self.failures if kind not in FAILURES]
        if unknown or not self.failures:
            raise ValueError(f"unknown failures {unknown}; allowed: one or more of {', '.join(FAILURES)}")


WIDE = AugmentConfig(
    response=1.5,
    light=1.4,
    p_thermal_noise=0.15,
    max_shift=8,
    p_no_thermal=0.12,
    p_no_rgb=0.12,
    failures=("black", *FAILURES),
    p_covered=0.15,
    p_polarity=0.1,
    p_gain_control=0.25,
    p_defects=0.1,
    p_coarse=0.1,
    p_motion=0.1,
    p_jpeg=0.15,
)
"""For a model that other people's cameras are to be used with."""

PARTS: dict[str, tuple[str, ...]] = {
    "paste": ("p_paste",),
    "foreign": ("p_foreign",),
    "photometric": ("p_photometric",),
    "noise": ("p_noise", "p_thermal_noise"),
    "dark": ("p_dark",),
    "shift": ("p_shift",),
    "heat": ("p_heat",),
    "failures": ("p_no_thermal", "p_no_rgb"),
    "covered": ("p_covered",),
    "polarity": ("p_polarity",),
    "gain_control": ("p_gain_control",),
    "defects": ("p_defects",),
    "coarse": ("p_coarse",),
    "motion": ("p_motion",),
    "jpeg": ("p_jpeg",),
}
"""Part of the augmentation -> what is 0 without it."""


def without(config: AugmentConfig, parts: Iterable[str]) -> AugmentConfig:
    """Return an augmentation that leaves some of ``PARTS`` out.

    Raises:
        ValueError: an unknown part.
    """
    for part in parts:
        if part not in PARTS:
            raise ValueError(f"unknown part of the augmentation '{part}'; allowed: {', '.join(PARTS)}")
        for name in PARTS[part]:
            config = replace(config, **{name: 0.0})  # type: ignore[arg-type]
    return config
