# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of structure."""

import cv2
import numpy as np
import pytest

from fusion_perception.alignment import structure


def edge(low, high, upright=True):
    image = np.full((40, 60), low, np.uint8)
    image[:, 30:] = high
    return image if upright else np.ascontiguousarray(image[:, 10:50].T)


def agreement(first, second):
    return float((first * second).sum() / (np.linalg.norm(first) * np.linalg.norm(second)))


def test_an_edge_is_the_same_from_dark_to_bright_and_back():
    assert agreement(structure(edge(40, 200)), structure(edge(200, 40))) == pytest.approx(1.0, abs=1e-3)


def test_weak_contrast_counts_nearly_like_strong_contrast():
    weak, strong = structure(edge(100, 130)), structure(edge(20, 240))
    assert np.abs(weak).max() > 0.6 * np.abs(strong).max()


def test_edges_that_cross_at_a_right_angle_speak_against_one_another():
    image = np.zeros((40, 40), np.uint8)
    image[:, 20:] = 200
    assert agreement(structure(image), structure(np.ascontiguousarray(image.T))) < -0.05


def test_edges_aslant_are_told_from_their_mirror_image():
    slanted = np.zeros((40, 40), np.uint8)
    cv2.line(slanted, (0, 0), (39, 39), 200, 3)
    assert agreement(structure(slanted), structure(np.ascontiguousarray(slanted[:, ::-1]))) < 0.1


def test_what_is_not_valid_has_no_edges():
    valid = np.zeros((40, 60), bool)
    valid[:, :20] = True
    assert not structure(edge(40, 200), valid)[:, 20:].any()


def test_an_even_image_has_no_structure():
    assert not structure(np.full((20, 30), 77, np.uint8)).any()


def test_colours_count_by_their_luminance():
    grey = edge(40, 200)
    assert structure(np.dstack([grey] * 3)) == pytest.approx(structure(grey), abs=0.02)
