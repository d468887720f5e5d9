# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Apparent temperatures of the street, and how the thermal camera maps them to grey levels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fusion_perception.lab.streets.config import SceneConfig


@dataclass(frozen=True)
class Climate:
    """Apparent temperatures in degrees Celsius; ``gain`` and ``offset`` map them to 8 bits.

    The grey levels were tuned so that by day and by night a typical picture has the mean, spread and
    class levels of 8-bit thermal pictures of campus streets: road 15 to 20, walls 20 to 45, people 60 to 130.

    Attributes:
        air: air, and everything that had time to reach its temperature.
        sky: clear sky at the zenith (a fog or cloud layer is much warmer).
        sky_low: sky just above the horizon.
        road: asphalt in the shade.
        sun_gain: how much warmer sunlit ground is.
        wall: facade in the shade.
        wall_sun: how much warmer a sunlit facade is.
        window: glass, which mirrors the cold sky and hides the room behind it.
        leaves: vegetation.
        skin: bare skin.
        cloth: clothes on a body.
        body: sheet metal of a parked car.
        engine: how much warmer the bonnet of a driven car is.
        tyre: tyre of a driven car.
        exhaust: exhaust pipe and the ground below it.
        gain: grey levels per degree.
        zero: temperature of grey level 0.
        mirrored: how much colder than the air clear sky is for metal and glass that mirror it; far colder than ``sky``,
            at which the 8-bit picture ends. 0: left out.
    """

    air: float
    sky: float
    sky_low: float
    road: float
    sun_gain: float
    wall: float
    wall_sun: float
    window: float
    leaves: float
    skin: float
    cloth: float
    body: float
    engine: float
    tyre: float
    exhaust: float
    gain: float
    zero: float
    mirrored: float = 0.0


def make_climate(config: SceneConfig) -> Climate:
    """Return the temperatures of a configuration."""
    climate = _usual(config)
    if config.variety == 0:
        return climate
    rng = np.random.default_rng([config.seed, 31])

    def by(low: float, high: float) -> float:
        return config.variety * float(rng.uniform(low, high))

    sunny = not config.dark and config.condition != "fog"
    sky = climate.sky + by(-2.0, 4.0)
    return replace(
        climate,
        sky=sky,
        sky_low=max(climate.sky_low + by(-1.0, 2.5), sky),
        road=climate.road + by(-1.0, 1.5),
        wall=climate.wall + by(-1.2, 3.0),
        window=climate.window + by(-2.0, 1.0),
        leaves=climate.leaves + by(-1.0, 1.5),
        cloth=climate.cloth + by(-3.0, 2.0),
        body=climate.body + (by(-2.0, 6.0) if sunny else by(-1.8, 1.2)),
        engine=climate.engine * float(np.exp(by(-0.7, 0.3))),
        gain=climate.gain * float(np.exp(by(-0.5, 0.5))),
        mirrored=by(0.0, 30.0),
    )


def _usual(config: SceneConfig) -> Climate:
    if config.dark:
        return Climate(
            air=11.0,
            sky=6.0,
            sky_low=9.0,
            road=12.0,
            sun_gain=0.0,
            wall=13.0,
            wall_sun=0.0,
            window=14.2,
            leaves=11.9,
            skin=34.5,
            cloth=27.5,
            body=12.6,
            engine=8.0,
            tyre=19.0,
            exhaust=45.0,
            gain=5.6,
            zero=9.2,
        )
    if config.condition == "fog":
        return Climate(
            air=12.0,
            sky=11.6,
            sky_low=11.9,
            road=12.3,
            sun_gain=0.3,
            wall=13.6,
            wall_sun=0.2,
            window=14.0,
            leaves=12.2,
            skin=33.0,
            cloth=26.0,
            body=13.2,
            engine=8.0,
            tyre=19.0,
            exhaust=42.0,
            gain=5.6,
            zero=9.0,
        )
    if config.condition == "glare":
        return Climate(
            air=16.5,
            sky=14.0,
            sky_low=16.0,
            road=17.8,
            sun_gain=1.0,
            wall=20.6,
            wall_sun=3.0,
            window=18.0,
            leaves=19.0,
            skin=36.0,
            cloth=31.5,
            body=20.0,
            engine=10.0,
            tyre=26.0,
            exhaust=50.0,
            gain=5.4,
            zero=14.4,
        )
    return Climate(
        air=18.0,
        sky=15.5,
        sky_low=18.0,
        road=18.2,
        sun_gain=1.6,
        wall=21.0,
        wall_sun=4.5,
        window=19.0,
        leaves=20.0,
        skin=37.0,
        cloth=32.5,
        body=21.2,
        engine=12.0,
        tyre=28.0,
        exhaust=52.0,
        gain=5.6,
        zero=15.2,
    )
