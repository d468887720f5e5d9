# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Views of a calibration board by two cameras that are known."""

import cv2
import numpy as np

from fusion_perception.lab.calibration.board import APRILGRID
from fusion_perception.preprocess.camera_model import rotation_of

RGB_K = np.array([[420.0, 0, 236], [0, 420, 182], [0, 0, 1]])
THERMAL_K = np.array([[300.0, 0, 162], [0, 300, 126], [0, 0, 1]])
RGB_SIZE, THERMAL_SIZE = (360, 480), (256, 320)
ROTATION, TRANSLATION = rotation_of(0.02, -0.03, 0.01), np.array([0.08, 0.01, -0.005])
"""Pose of the thermal camera in the RGB camera's frame."""

_PIXELS_A_M = 1500


def texture(board):
    """The printed board, and the matrix from its metres to pixels of the print."""
    margin = 0.06
    pitch = board.size * (1 + board.spacing)
    width, height = (
        (number * pitch if board.kind == APRILGRID else (number - 1) * board.size)
        for number in (board.columns, board.rows)
    )
    shape = [round((side + 2 * margin) * _PIXELS_A_M) for side in (height, width)]
    image = np.full(shape, 255, np.uint8)
    to_print = np.array([[_PIXELS_A_M, 0, margin * _PIXELS_A_M], [0, _PIXELS_A_M, margin * _PIXELS_A_M], [0, 0, 1]])
    if board.kind == APRILGRID:
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
        side = round(board.size * _PIXELS_A_M)
        for number in range(board.columns * board.rows):
            x, y = (round((board.place(4 * number)[k] + margin) * _PIXELS_A_M) for k in range(2))
            image[y : y + side, x : x + side] = cv2.aruco.generateImageMarker(dictionary, number, side, borderBits=2)
        return image, to_print
    square = board.size * _PIXELS_A_M
    for row in range(board.rows + 1):
        for column in range(board.columns + 1):
            if (row + column) % 2 == 0:
                y, x = ((k - 1) * square + margin * _PIXELS_A_M for k in (row, column))
                image[round(y) : round(y + square), round(x) : round(x + square)] = 0
    return image, to_print


def views(board, number=10, seed=0):
    """Pairs of a thermal view, warm where it is dark in RGB, and an RGB view of the board in changing poses."""
    rng = np.random.default_rng(seed)
    image, to_print = texture(board)
    middle = (
        np.array(
            board.place(
                board.columns * board.rows - 1 if board.kind != APRILGRID else 4 * board.columns * board.rows - 2
            )
        )
        / 2
    )
    pairs = []
    for k in range(number):
        rotation = rotation_of(*rng.uniform(-0.45, 0.45, 2), rng.uniform(-0.2, 0.2))
        place = np.array([(-0.11, 0.0, 0.12)[k % 3], (-0.07, 0.08)[k % 2], rng.uniform(0.62, 0.8)])
        place += (0.04, 0, 0)
        shot = []
        for matrix, turn, move, size in (
            (RGB_K, np.eye(3), np.zeros(3), RGB_SIZE),
            (THERMAL_K, ROTATION.T, -ROTATION.T @ TRANSLATION, THERMAL_SIZE),
        ):
            r, t = turn @ rotation, turn @ (place - rotation @ middle) + move
            warp = matrix @ np.column_stack([r[:, 0], r[:, 1], t]) @ np.linalg.inv(to_print)
            # Twice as fine, and reduced: what a camera sees has no steps.
            fine = np.diag([2.0, 2.0, 1.0])
            fine[:2, 2] = 0.5
            big = cv2.warpPerspective(image, fine @ warp, (2 * size[1], 2 * size[0]), borderValue=150)
            shot.append(cv2.resize(big, size[::-1], interpolation=cv2.INTER_AREA))
        rgb, hot = shot
        pairs.append((np.clip(200 - 0.6 * hot.astype(float), 0, 255).astype(np.uint8), np.dstack([rgb] * 3)))
    return pairs
