# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the pictures for people."""

import subprocess
import sys

import numpy as np
import pytest

from fusion_perception.errors import ImageError
from fusion_perception.labels import IGNORE, MSRS9
from fusion_perception.render import colour_mask, contact_sheet, heat_map, overlay, thermal_grey


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture
def mask():
    mask = np.zeros((20, 30), np.uint8)
    mask[5:15, 10:20] = 2
    mask[0, 0] = IGNORE
    return mask


def test_colour_mask_uses_the_palette_and_white_for_unknown_ids(mask):
    painted = colour_mask(mask, MSRS9)
    assert painted.shape == (20, 30, 3)
    assert tuple(painted[10, 15]) == MSRS9.palette[2]
    assert tuple(painted[1, 1]) == MSRS9.palette[0]
    assert tuple(painted[0, 0]) == (255, 255, 255)


def test_overlay_leaves_background_and_unknown_pixels_alone(image, mask):
    before = image.copy()
    result = overlay(image, mask, MSRS9)
    outside = (mask == 0) | (mask == IGNORE)
    assert np.array_equal(result[outside], image[outside])
    assert np.array_equal(image, before), "the input image was written to"
    assert result is not image


def test_overlay_blends_inside_and_outlines_in_a_lighter_colour(image, mask):
    result = overlay(image, mask, MSRS9, alpha=0.25)
    expected = 0.75 * image[10, 15] + 0.25 * np.array(MSRS9.palette[2])
    assert np.abs(result[10, 15].astype(float) - expected).max() <= 1.0
    corner = result[5, 10].astype(int)
    assert (corner > np.array(MSRS9.palette[2])).all()
    assert np.array_equal(result[5, 10], result[14, 19]), "the outline has one colour"


def test_overlay_of_an_empty_mask_is_a_copy(image):
    result = overlay(image, np.zeros((20, 30), np.uint8), MSRS9)
    assert np.array_equal(result, image)
    assert not np.shares_memory(result, image)


def test_overlay_accepts_views(image, mask):
    flipped = overlay(image[:, ::-1], mask[:, ::-1], MSRS9)
    assert np.array_equal(flipped[:, ::-1], overlay(image, mask, MSRS9))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, m: (i, m[:10]), "30 x 10"),
        (lambda i, m: (i.astype(np.float32), m), "float32"),
        (lambda i, m: (i[..., :2], m), "accepted: uint8"),
        (lambda i, m: (i, m.astype(np.int64)), "int64"),
        (lambda i, m: (i[:0], m[:0]), "not empty"),
    ],
)
def test_overlay_says_what_it_got(image, mask, change, message):
    with pytest.raises(ImageError, match=message):
        overlay(*change(image, mask), MSRS9)


def test_overlay_rejects_alpha_outside_its_range(image, mask):
    with pytest.raises(ImageError, match=r"alpha 1\.5; allowed: 0 to 1"):
        overlay(image, mask, MSRS9, alpha=1.5)


def test_heat_map_is_blue_for_rgb_white_for_both_and_red_for_thermal():
    blue, white, red = heat_map(np.array([[0, 128, 255]], np.uint8))[0].astype(int)
    assert blue[2] > blue[0] + 100
    assert red[0] > red[2] + 100
    assert white.min() > 235
    assert np.ptp(white) <= 3


def test_thermal_grey_keeps_eight_bits_and_stretches_the_rest():
    eight = np.arange(200, dtype=np.uint8).reshape(10, 20)
    assert np.array_equal(thermal_grey(eight)[..., 1], eight)
    counts = np.linspace(29_000, 30_000, 200, dtype=np.uint16).reshape(10, 20)
    grey = thermal_grey(counts)
    assert grey.min() == 0
    assert grey.max() == 255
    kelvin = np.linspace(280.0, 310.0, 200, dtype=np.float32).reshape(10, 20)
    kelvin[0, 0] = np.nan
    kelvin[9, 19] = np.inf
    shown = thermal_grey(kelvin)
    assert shown[9, 18, 0] > 250
    assert shown[0, 0, 0] == 0
    assert shown[9, 19, 0] == 0


def test_thermal_grey_of_constant_or_unknown_images_is_black():
    assert thermal_grey(np.full((4, 4), 7, np.uint16)).max() == 0
    assert thermal_grey(np.full((4, 4), np.nan, np.float32)).max() == 0


@pytest.mark.parametrize("bad", [np.zeros((4, 4, 3), np.uint8), np.zeros((0, 4), np.uint8), np.zeros((4, 4), np.int32)])
def test_thermal_grey_says_what_it_accepts(bad):
    with pytest.raises(ImageError, match="accepted"):
        thermal_grey(bad)


def test_contact_sheet_places_every_image_under_its_title(image):
    red = np.zeros_like(image)
    red[...] = (200, 0, 0)
    grey = np.full((20, 30), 90, np.uint8)
    sheet = contact_sheet([[grey, red], [red, grey]], ["thermal", "RGB"], captions=["day", "night"], cell_width=60)
    assert sheet.dtype == np.uint8
    quarters = [(40 + 34, 30), (40 + 34, 100), (40 + 104, 30), (40 + 104, 100)]
    seen = [tuple(int(v) for v in sheet[y - 20, x]) for y, x in quarters]
    assert seen == [(90, 90, 90), (200, 0, 0), (200, 0, 0), (90, 90, 90)]
    assert (sheet[:34] < 128).any(), "no titles drawn"


def test_contact_sheet_fits_images_of_other_shapes_without_distortion():
    wide = np.full((20, 40, 3), 10, np.uint8)
    tall = np.full((40, 20), 10, np.uint8)
    sheet = contact_sheet([[wide, tall]], ["a", "b"], cell_width=40)
    second = sheet[34:54, 6 + 46 : 6 + 46 + 40, 0]
    assert (second == 10).sum() == 10 * 20
    assert (second == 200).sum() == 30 * 20


def test_contact_sheet_draws_the_legend_of_the_label_set(image):
    plain = contact_sheet([[image] * 5], list("abcde"))
    with_legend = contact_sheet([[image] * 5], list("abcde"), labels=MSRS9)
    legend = with_legend[plain.shape[0] :]
    colours = {tuple(int(v) for v in pixel) for pixel in legend.reshape(-1, 3)}
    assert set(MSRS9.palette[1:]) <= colours
    assert tuple(int(v) for v in heat_map(np.full((1, 1), 255, np.uint8))[0, 0]) in colours


@pytest.mark.parametrize(
    ("rows", "titles", "captions", "message"),
    [
        ([], ["a"], [], "at least one row"),
        ([[np.zeros((4, 4), np.uint8)]], ["a", "b"], [], "one image per title"),
        ([[np.zeros((4, 4), np.uint8)]], ["a"], ["x", "y"], "2 captions for 1 rows"),
        ([[np.zeros((4, 4), np.float32)]], ["a"], [], "float32"),
    ],
)
def test_contact_sheet_says_what_does_not_fit(rows, titles, captions, message):
    with pytest.raises(ImageError, match=message):
        contact_sheet(rows, titles, captions=captions)


class TestTexts:
    """In a process of its own: OpenCV ends it at a text that is no UTF-8."""

    @pytest.mark.parametrize(
        "call",
        [
            "contact_sheet([[picture]], [text])",
            "contact_sheet([[picture]], ['a'], captions=[text])",
            "write_image(Path(sys.argv[1]) / ('a.' + text), picture)",
            "contact_sheet([[picture]], [text * 100_000])",
        ],
    )
    def test_a_text_that_is_no_utf_8_ends_nothing(self, tmp_path, call):
        code = (
            "import sys\n"
            "from pathlib import Path\n"
            "import numpy as np\n"
            "from fusion_perception.files.atomic_file import write_image\n"
            "from fusion_perception.errors import FusionPerceptionError\n"
            "from fusion_perception.render import contact_sheet\n"
            "picture, text = np.zeros((20, 30, 3), np.uint8), 'caf\\udce9'\n"
            f"try:\n    {call}\n"
            "except FusionPerceptionError as error:\n    print(error)\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
