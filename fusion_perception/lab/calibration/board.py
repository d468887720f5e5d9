# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration boards, and their points in an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.errors import BackendError, DataError

CHECKERBOARD, APRILGRID = "checkerboard", "aprilgrid"
FORMS = (
    f"{CHECKERBOARD}:COLUMNSxROWS:SQUARE (inner corners, m) or {APRILGRID}:COLUMNSxROWS:TAG:SPACING (tags, m, ratio)"
)
"""How a board is written."""

Points = Mapping[int, NDArray[np.float64]]
"""Number of a point of the board -> its pixel (x, y)."""


@dataclass(frozen=True)
class Board:
    """A flat board.

    Attributes:
        kind: ``"checkerboard"`` or ``"aprilgrid"``.
        columns: inner corners, or tags, across.
        rows: the same down.
        size: side of a square, or of a tag, in m.
        spacing: gap between tags as a part of a tag's side; 0 for a checkerboard.
    """

    kind: str
    columns: int
    rows: int
    size: float
    spacing: float = 0.0

    @classmethod
    def of(cls, text: str) -> Board:
        """Read a board as it is written on a command line.

        Raises:
            DataError: it is none; the message says how boards are written.
        """
        try:
            kind, shape, *numbers = text.split(":")
            columns, rows = (int(number) for number in shape.split("x"))
            size, *rest = (float(number) for number in numbers)
            spacing = rest[0] if rest else 0.0
            fits = len(rest) == (kind == APRILGRID) and kind in (CHECKERBOARD, APRILGRID)
            if not (fits and 2 <= columns <= 50 and 2 <= rows <= 50 and 0 < size < 10 and 0 <= spacing < 10):
                raise ValueError
        except ValueError:
            raise DataError(f"--board '{text}'; allowed: {FORMS}, for example {CHECKERBOARD}:9x6:0.03") from None
        if kind == CHECKERBOARD and (columns - rows) % 2 == 0:
            raise DataError(
                f"--board '{text}': with {columns} and {rows} inner corners a checkerboard looks the same upside down; "
                "use one with an odd and an even number"
            )
        return cls(kind, columns, rows, size, spacing)

    def place(self, number: int) -> tuple[float, float, float]:
        """Return where a point lies on the board, in m: x to the right, y down, z 0.

        Points of a checkerboard count row by row; of a tag there are four, clockwise from its upper left one, and tags
        count row by row.
        """
        if self.kind == CHECKERBOARD:
            row, column = divmod(number, self.columns)
            return column * self.size, row * self.size, 0.0
        tag, corner = divmod(number, 4)
        row, column = divmod(tag, self.columns)
        pitch = self.size * (1 + self.spacing)
        x, y = ((0, 0), (1, 0), (1, 1), (0, 1))[corner]
        return column * pitch + x * self.size, row * pitch + y * self.size, 0.0

    def places(self, numbers: list[int]) -> NDArray[np.float32]:
        """Return ``place`` of several points, (N, 3)."""
        return np.array([self.place(number) for number in numbers], np.float32)

    def find(self, image: NDArray[np.uint8]) -> Points:
        """Return the points that are seen in a grey image; empty if the board is not. Warm and cold may be swapped."""
        look = self._corners if self.kind == CHECKERBOARD else self._tags
        return look(image) or look(np.asarray(255 - image, np.uint8))

    def turned(self, points: Points) -> Points:
        """Return the points of a checkerboard as if it were upside down."""
        last = self.columns * self.rows - 1
        return {last - number: pixel for number, pixel in points.items()}

    def _corners(self, image: NDArray[np.uint8]) -> Points:
        flags = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_ACCURACY
        done, corners = cv2.findChessboardCornersSB(image, (self.columns, self.rows), flags=flags)
        return dict(enumerate(np.asarray(corners, np.float64).reshape(-1, 2))) if done else {}

    def _tags(self, image: NDArray[np.uint8]) -> Points:
        aruco = getattr(cv2, "aruco", None)
        if aruco is None or not hasattr(aruco, "ArucoDetector"):
            raise BackendError(
                "AprilGrids need OpenCV 4.7 or newer; install it with: pip install -U opencv-python-headless"
            )
        parameters = aruco.DetectorParameters()
        parameters.markerBorderBits = 2  # as Kalibr prints them
        parameters.cornerRefinementMethod = aruco.CORNER_REFINE_SUBPIX
        detector = aruco.ArucoDetector(aruco.getPredefinedDictionary(aruco.DICT_APRILTAG_36h11), parameters)
        corners, numbers, _ = detector.detectMarkers(image)
        if numbers is None:
            return {}
        tags = {int(n): np.asarray(c, np.float64).reshape(4, 2) for n, c in zip(numbers.ravel(), corners, strict=True)}
        tags = {number: quad for number, quad in tags.items() if number < self.columns * self.rows}
        return self._numbered(tags) if len(tags) >= 2 else {}

    def _numbered(self, tags: Mapping[int, NDArray[np.float64]]) -> Points:
        """Number the corners; whether rows count up or down, and how tags are turned, is what fits best."""
        best: tuple[float, Points] = (np.inf, {})
        for upwards, turn in product((False, True), range(4)):
            points: dict[int, Any] = {}
            for number, quad in tags.items():
                row, column = divmod(number, self.columns)
                tag = (self.rows - 1 - row if upwards else row) * self.columns + column
                points.update({4 * tag + k: quad[(k + turn) % 4] for k in range(4)})
            flat, seen = self.places(list(points))[:, :2], np.array(list(points.values()))
            matrix, _ = cv2.findHomography(flat, seen, 0)
            if matrix is not None:
                moved = cv2.perspectiveTransform(flat[None].astype(np.float64), matrix)[0]
                error = float(np.sqrt(np.mean((moved - seen) ** 2)))
                best = min(best, (error, points), key=lambda item: item[0])
        return best[1]
