# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Paint on the road, kerbs and speed bumps, drawn as crisp outlines."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from fusion_perception.lab.streets.arrays import U8, Floats, f32
from fusion_perception.lab.streets.camera import NEAR, Camera
from fusion_perception.lab.streets.canvas import Canvas
from fusion_perception.lab.streets.ground import Ground
from fusion_perception.lab.streets.layout import KERB_HEIGHT, LANE
from fusion_perception.lab.streets.lighting import PERIOD
from fusion_perception.lab.streets.setting import Setting

_FAR = 90.0
_SHIFT = 4


def _strip(x0: float, x1: float, z0: float, z1: float, y0: float = 0.0, y1: float = 0.0) -> Floats:
    """Return the corners of a strip along the road, cut off at the near plane."""
    z0, z1 = max(z0, NEAR), max(z1, NEAR)
    return np.array([[x0, y0, z0], [x1, y1, z0], [x1, y1, z1], [x0, y0, z1]], np.float32)


class Markings:
    """Lines, crossings, kerbs and bumps of one street."""

    def __init__(self, setting: Setting, ground: Ground) -> None:
        self._layout, self._lighting, self._climate = setting.layout, setting.lighting, setting.climate
        self._ground = ground

    def draw(self, canvas: Canvas, camera: Camera) -> None:
        """Paint on the ground, nearest last."""
        self._paint(canvas, camera, self._lines(camera))
        self._bumps(canvas, camera)
        self._kerbs(canvas, camera)

    def _lines(self, camera: Camera) -> list[Floats]:
        side = self._layout.parking
        strips = [_strip(side * LANE - 0.06, side * LANE + 0.06, 0, _FAR)]
        edge = self._layout.edges[0] if side > 0 else self._layout.edges[1]
        strips.append(_strip(edge + side * 0.35, edge + side * 0.45, 0, _FAR))
        offset = camera.z % 8.0
        for k in range(int(_FAR / 8) + 1):
            strips.append(_strip(-side * LANE - 0.06, -side * LANE + 0.06, k * 8.0 - offset, k * 8.0 - offset + 4.0))
        bay = camera.z % 6.2
        for k in range(int(50 / 6.2) + 1):
            z = k * 6.2 - bay + 0.9
            if z > NEAR:
                strips.append(_strip(side * LANE, side * 3.95, z, z + 0.1))
        for crossing in self._layout.crossings:
            z = (crossing - camera.z + 10.0) % PERIOD - 10.0
            if -4 < z < 70:
                left, right = self._layout.edges
                for x in np.arange(left + 0.5, right - 0.5, 0.95):
                    strips.append(_strip(float(x), float(x) + 0.48, z, z + 3.2))
                strips.append(_strip(-LANE, LANE, z - 1.6, z - 1.25))
            arrow = z - 14.0
            if NEAR < arrow < 60:
                strips.append(_strip(-0.08, 0.08, arrow, arrow + 2.2))
                head = np.array([[-0.32, 0, arrow + 2.1], [0.32, 0, arrow + 2.1], [0, 0, arrow + 3.6]], np.float32)
                strips.append(head)
        return [s for s in strips if s[:, 2].max() > NEAR + 0.05]

    def _paint(self, canvas: Canvas, camera: Camera, strips: list[Floats]) -> None:
        """Whiten the ground under the strips; worn where the grain of the road is dark."""
        mask, top = self._mask(canvas, camera, strips)
        rows, cols = np.nonzero(mask)
        alpha = mask[rows, cols].astype(np.float32)[:, None] * (0.86 / 255)
        # Far lines are thinner than a pixel: they fade instead of turning into dots.
        far = canvas.depth[top:][rows, cols]
        thin = np.clip(camera.focal * 0.16 / far, 0, 1)[:, None]
        light = canvas.light[top:][rows, cols]
        gain = np.full((1, 4), 4.4, np.float32)
        gain[0, 3] = 1.0
        painted = light * gain
        # White paint mirrors a little of the cold sky: in thermal it hardly shows.
        painted[:, 3] -= 0.35
        canvas.light[top:][rows, cols] = light + (painted - light) * alpha * thin

    def _light_on(self, x: float, z: float, way: float, up: float) -> Floats:
        """Return the light on a surface that looks up by ``up`` (0..1)."""
        lighting = self._lighting
        sun = self._ground.sun_at(x, z + way) * max(float(lighting.to_sun[1]), 0.0) * up
        return np.asarray(lighting.at(x, z, way, 0.0) * (0.6 + 0.4 * up) + lighting.sun * sun, np.float32)

    def _kerbs(self, canvas: Canvas, camera: Camera) -> None:
        """Draw both kerbs: one long strip for the face, one for the top, coloured row by row."""
        heat = self._climate.road
        for side, edge in ((-1, self._layout.edges[0]), (1, self._layout.edges[1])):
            face = _strip(edge, edge, NEAR, _FAR, 0.0, KERB_HEIGHT)
            crown = _strip(edge, edge + side * 0.18, NEAR, _FAR, KERB_HEIGHT, KERB_HEIGHT)
            for quad, tone, up, above in ((face, 0.62, 0.1, 0.5), (crown, 1.0, 1.0, 1.0)):
                mask, top = self._mask(canvas, camera, [quad])
                rows, cols = np.nonzero(mask)
                if not len(rows):
                    continue
                alpha = mask[rows, cols].astype(np.float32)[:, None] / 255
                below = camera.y - above * KERB_HEIGHT
                z = camera.focal * below / np.maximum(np.arange(mask.shape[0]) + top + 0.5 - camera.cy, 0.5)
                joint = 1 - 0.3 * np.exp(-(((((z + camera.z + 0.5) % 1.0) - 0.5) / 0.03) ** 2)) * (z < 25)
                stone = 1 + 0.06 * np.sin(np.floor(z + camera.z + 0.5) * 12.9)
                light = self._along(edge, z, camera.z, up) * (0.40 * tone * joint * stone)[:, None]
                paint = np.column_stack([light, np.full(len(z), heat - 0.6 * (up < 0.5))]).astype(np.float32)
                area = canvas.light[top:]
                area[rows, cols] += (paint[rows] - area[rows, cols]) * alpha
                solid = alpha[:, 0] > 0.5
                canvas.labels[top:][rows[solid], cols[solid]] = 4

    def _along(self, x: float, z: Floats, way: float, up: float) -> Floats:
        """Return the light (N, 3) along a line x = const for distances z."""
        lighting = self._lighting
        light = lighting.ambient * (0.6 + 0.4 * up) + np.zeros((len(z), 3), np.float32)
        if not lighting.dark:
            sun = self._ground.sun_line(x, z + way) * max(float(lighting.to_sun[1]), 0.0) * up
            light = light + sun[:, None] * lighting.sun
        if len(lighting.lamps):
            light = light + lighting.lamp_light(np.float32(x), z + way)[:, None] * lighting.lamp * (0.4 + 0.6 * up)
        if lighting.headlight.any():
            light = light + lighting.beam(np.float32(x), z)[:, None] * lighting.headlight
        return np.asarray(light, np.float32)

    @staticmethod
    def _mask(canvas: Canvas, camera: Camera, shapes: list[Floats]) -> tuple[U8, int]:
        """Return the coverage (0..255) of convex shapes below the horizon, and the row it begins with."""
        top = max(0, int(camera.cy))
        mask = np.zeros((canvas.height - top, canvas.width), np.uint8)
        for shape in shapes:
            points = camera.project(shape) - np.array([0.5, top + 0.5], np.float32)
            fixed = np.rint(np.clip(points, -20_000, 20_000) * 16).astype(np.int32)
            cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, _SHIFT)
        return mask, top

    def _bumps(self, canvas: Canvas, camera: Camera) -> None:
        left, right = self._layout.edges
        for bump in self._layout.bumps:
            z = (bump.z - camera.z + 10.0) % PERIOD - 10.0
            if not NEAR < z < 60:
                continue
            blocks = np.linspace(left + 0.2, right - 0.2, 19)
            for k, (x0, x1) in enumerate(pairwise(blocks)):
                colour = f32(0.62, 0.46, 0.05) if k % 2 else f32(0.05, 0.05, 0.05)
                light = self._light_on(float(x0), z, camera.z, 0.8)
                heat = self._climate.road + (0.5 if k % 2 == 0 else -0.1)
                for low, high, start, stop, tone in ((0.0, 0.07, 0.0, 0.18, 0.8), (0.07, 0.07, 0.18, 0.34, 1.1)):
                    quad = np.array(
                        [[x0, low, z + start], [x1, low, z + start], [x1, high, z + stop], [x0, high, z + stop]],
                        np.float32,
                    )
                    value = np.append(colour * light * tone, heat).astype(np.float32)
                    self._quad(canvas, camera, quad, value, z, 8)

    @staticmethod
    def _quad(canvas: Canvas, camera: Camera, quad: Floats, light: Floats, depth: float, label: int) -> None:
        """Draw one quadrilateral in one colour, keeping the texture below it."""
        points = camera.project(quad)
        low = np.floor(points.min(axis=0)).astype(int) - 1
        high = np.ceil(points.max(axis=0)).astype(int) + 2
        left, top = max(int(low[0]), 0), max(int(low[1]), 0)
        right, bottom = min(int(high[0]), canvas.width), min(int(high[1]), canvas.height)
        if left >= right or top >= bottom:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        fixed = np.rint(np.clip(points - (left + 0.5, top + 0.5), -20_000, 20_000) * 16).astype(np.int32)
        cv2.fillConvexPoly(mask, fixed, 255, cv2.LINE_AA, _SHIFT)
        alpha = mask.astype(np.float32) / 255
        below = canvas.light[top:bottom, left:right, :3].mean(axis=2)
        reference = float(below.mean()) + 1e-4
        grain = np.clip(1 + 0.5 * (below / reference - 1), 0.8, 1.2)
        patch = light * alpha[..., None]
        patch[..., :3] *= grain[..., None]
        canvas.blend(top, left, patch, alpha, depth, label)
