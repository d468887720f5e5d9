# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of ``fusion_node`` in the form its parts take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fusion_perception.alignment import DriftSettings
from fusion_perception.health import ContributionSettings, HealthSettings
from fusion_perception.preprocess import GainSettings, Registration
from fusion_perception.preprocess.camera_model import pose_of
from fusion_perception.ros.parameter_spec import ParameterError, checked
from fusion_perception.ros.parameters import FUSION_PARAMETERS
from fusion_perception.sync import SyncSettings

_MILLISECOND, _SECOND = 1e6, 1e9  # ns


@dataclass(frozen=True)
class FusionSettings:
    """The parameters of ``fusion_node`` in the form its parts take them.

    Attributes:
        sync: settings of the pair matcher.
        health: when a camera is not to be trusted.
        gain: settings of the thermal gain control.
        registration: thermal onto RGB, by the homography.
        drift: when thermal counts as lying beside RGB.
        contribution: when a sensor has stopped contributing.
        values: all values by parameter name.
    """

    sync: SyncSettings
    health: HealthSettings
    gain: GainSettings
    registration: Registration
    drift: DriftSettings
    contribution: ContributionSettings
    values: Mapping[str, Any]

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> FusionSettings:
        """Check values against the table and against one another.

        Raises:
            ParameterError: naming the value got and the values allowed.
        """
        values = checked(values, FUSION_PARAMETERS)
        try:
            pose_of(values["registration.extrinsics"])
            return cls(
                SyncSettings(
                    tolerance_ns=round(values["sync.tolerance_ms"] * _MILLISECOND),
                    window=values["sync.window"],
                    max_wait_ns=round(values["sync.max_wait_ms"] * _MILLISECOND),
                    thermal_offset_ns=round(values["sync.thermal_offset_ms"] * _MILLISECOND),
                    allow_missing=values["sync.allow_missing"],
                    missing_after_ns=round(values["sync.missing_after_ms"] * _MILLISECOND),
                ),
                HealthSettings(
                    after_ns=round(values["health.after_ms"] * _MILLISECOND),
                    missing_when=_names(values["health.missing_when"]),
                ),
                GainSettings(
                    mode=values["thermal.gain"],
                    low_percentile=values["thermal.low_percentile"],
                    high_percentile=values["thermal.high_percentile"],
                    smoothing=values["thermal.smoothing"],
                    range_min=values["thermal.range_min"],
                    range_max=values["thermal.range_max"],
                ),
                Registration(values["registration.homography"]),
                DriftSettings(
                    period_ns=round(values["registration.watch_period_s"] * _SECOND),
                    least_share=values["registration.drift_share"],
                ),
                ContributionSettings(
                    least_share=values["contribution.least_share"],
                    hold_ns=round(values["contribution.hold_s"] * _SECOND),
                ),
                values,
            )
        except ValueError as error:
            raise ParameterError(str(error)) from error


def _names(text: str) -> tuple[str, ...]:
    """Return the names in a text, which commas or spaces part."""
    return tuple(text.replace(",", " ").split())
