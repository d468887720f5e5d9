# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The health of both cameras: told in diagnostics, and to the pairing where a camera is not to be used."""

from __future__ import annotations

from collections.abc import Callable

from fusion_perception.health import CameraHealth, HealthSettings, advice, reason
from fusion_perception.sync import SENSORS
from fusion_perception.sync.outage import other_sensor
from fusion_perception.types import Frame


class HealthWatch:
    """Looks at every frame of both cameras.

    A picture that stands still leaves a camera out only while the other one's changes: in a simulator, or a recording
    that is paused, both stand still, and neither is to blame.

    Args:
        settings: when a camera is not to be trusted.
        exclude: gets a camera and the reason to leave it out, or None to take it back in, at every change.
    """

    def __init__(self, settings: HealthSettings, exclude: Callable[[str, str | None], object]) -> None:
        self.settings = settings
        self._exclude = exclude
        self._cameras = {sensor: CameraHealth(settings) for sensor in SENSORS}
        self._missing: dict[str, tuple[str, ...]] = dict.fromkeys(SENSORS, ())

    def apply(self, settings: HealthSettings) -> None:
        """Change the settings; they count from the next frame on."""
        self.settings = settings
        for camera in self._cameras.values():
            camera.settings = settings

    def see(self, sensor: str, frame: Frame, now_ns: int) -> None:
        """Take in one frame, before it is paired.

        Args:
            sensor: ``"thermal"`` or ``"rgb"``.
            frame: the frame.
            now_ns: arrival time of a clock that never jumps.
        """
        self._cameras[sensor].see(frame.image, frame.stamp_ns, now_ns)
        for name, camera in self._cameras.items():
            self._tell(name, self._to_blame(camera, self._cameras[other_sensor(name)], now_ns))

    def _to_blame(self, camera: CameraHealth, other: CameraHealth, now_ns: int) -> tuple[str, ...]:
        both_still = other.still_ns(now_ns) >= camera.settings.after_ns // 2
        return tuple(fault for fault in camera.missing if not (fault == "frozen" and both_still))

    def close(self) -> None:
        """Take both cameras back in."""
        for sensor in SENSORS:
            self._tell(sensor, ())

    def warnings(self, now_ns: int) -> dict[str, str]:
        """Return what is wrong with each camera and what to look at, by kind of warning; nothing of a silent one."""
        return {
            f"health_{sensor}": advice(sensor, camera.faults)
            for sensor, camera in self._cameras.items()
            if camera.faults and camera.rate_hz(now_ns)
        }

    def values(self, now_ns: int) -> dict[str, str]:
        """Return rate and health of each camera as diagnostics has them."""
        values = {}
        for sensor, camera in self._cameras.items():
            rate_hz = camera.rate_hz(now_ns)
            values[f"rate_{sensor}_hz"] = f"{rate_hz:.2f}"
            values[f"health_{sensor}"] = (", ".join(camera.faults) or "ok") if rate_hz else "silent"
        return values

    def _tell(self, sensor: str, missing: tuple[str, ...]) -> None:
        if missing != self._missing[sensor]:
            self._missing[sensor] = missing
            self._exclude(sensor, reason(missing) if missing else None)
