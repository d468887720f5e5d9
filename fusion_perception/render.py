# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures for people: colour mask, overlay, heat map, thermal grey and contact sheet.

Everything here is NumPy and OpenCV on uint8 arrays. All but the contact sheet is fast enough for
the node's worker thread (under 2 ms at 480 x 640 each).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.colour_map import diverging_table
from fusion_perception.errors import ImageError
from fusion_perception.labels import IGNORE, LabelSet
from fusion_perception.resize import letterbox
from fusion_perception.text import printable

BACKGROUND = 0
"""Class id that overlays leave untouched: every label set names its background first."""

_CONTOUR_WHITE = 0.45  # share of white in a contour: dark palette colours stay readable on night images
_PAINTED = np.full(256, 255, np.uint8)
_PAINTED[[BACKGROUND, IGNORE]] = 0
_STRETCH_PERCENTILES = (0.5, 99.5)  # grey range of raw thermal images; the rest saturates
_STRETCH_SAMPLES = 20_000  # pixels that the percentiles are taken from

_GAP, _HEADER, _CAPTION, _LEGEND = 6, 34, 24, 40  # pixels of a contact sheet, outside its images
_LONGEST_TEXT = 120  # characters
_BEHIND = 200  # grey behind an image that does not fill its cell
_PAPER, _INK, _MUTED = (255, 255, 255), (32, 36, 42), (110, 116, 124)


def colour_mask(mask: NDArray[np.uint8], labels: LabelSet) -> NDArray[np.uint8]:
    """Paint every class id in its palette colour.

    Args:
        mask: (H, W) uint8 class ids.
        labels: the palette; ids it does not know (255 among them) become white.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: the mask is not (H, W) uint8.
    """
    _check(mask, "mask", 2)
    return _look_up(mask, labels.lookup_table())


def overlay(
    image: NDArray[np.uint8], mask: NDArray[np.uint8], labels: LabelSet, alpha: float = 0.5
) -> NDArray[np.uint8]:
    """Tint the classes over an image and outline them.

    Background (id 0) and unknown pixels (255) keep the image as it is. The outline is one pixel
    wide, inside the region, in a lightened class colour.

    Args:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8 class ids.
        labels: the palette.
        alpha: opacity of the tint, 0 (outline alone) to 1 (colour alone).

    Returns:
        (H, W, 3) uint8 RGB, a new array.

    Raises:
        ImageError: wrong dtype, shapes that differ, or an alpha outside 0..1.
    """
    _check(image, "image", 3)
    _check(mask, "mask", 2)
    if image.shape[:2] != mask.shape:
        raise ImageError(
            f"overlay got an image of {image.shape[1]} x {image.shape[0]} and a mask of "
            f"{mask.shape[1]} x {mask.shape[0]} pixels; resize one (masks with nearest neighbour)"
        )
    if not 0.0 <= alpha <= 1.0:
        raise ImageError(f"overlay got alpha {alpha}; allowed: 0 to 1")
    palette = labels.lookup_table()
    result: NDArray[np.uint8] = np.ascontiguousarray(image).copy()
    painted = cv2.LUT(mask, _PAINTED)
    if not painted.any():
        return result
    # One buffer for both colours: a fresh megabyte costs more in page faults than all the arithmetic.
    colour = _look_up(mask, palette)
    cv2.addWeighted(image, 1.0 - alpha, colour, alpha, 0.0, dst=colour)
    cv2.copyTo(colour, painted, result)
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    border = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, kernel, borderType=cv2.BORDER_REPLICATE)
    light = np.rint((1.0 - _CONTOUR_WHITE) * palette + _CONTOUR_WHITE * 255.0).astype(np.uint8)
    outline = cv2.bitwise_and(painted, painted, mask=border)
    cv2.copyTo(_look_up(mask, light, colour), outline, result)
    return result


def heat_map(attribution: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paint an attribution map: blue where RGB drove the decision, red where thermal did.

    Args:
        attribution: (H, W) uint8 thermal share; 128 (both alike) becomes near-white.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: the map is not (H, W) uint8.
    """
    _check(attribution, "attribution map", 2)
    return _look_up(attribution, diverging_table())


def thermal_grey(thermal: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Show a thermal image in grey, whatever its depth.

    8-bit images are shown as they are. 16-bit and float images are stretched between their 0.5
    and 99.5 percentiles, for display only; ``preprocess`` holds the gain control the model sees.

    Args:
        thermal: (H, W) uint8, uint16 or float; NaN and infinities are shown black.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: not a single-channel image with pixels, or another dtype.
    """
    if thermal.ndim != 2 or thermal.size == 0:
        raise ImageError(f"thermal image has shape {thermal.shape}; accepted: (H, W) with H and W above 0")
    if thermal.dtype == np.uint8:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(thermal), cv2.COLOR_GRAY2RGB), np.uint8)
    if thermal.dtype != np.uint16 and not np.issubdtype(thermal.dtype, np.floating):
        raise ImageError(f"thermal image has dtype {thermal.dtype}; accepted: uint8, uint16, float32")
    values = thermal.astype(np.float32)
    finite = np.isfinite(values)
    known = values[finite]
    if known.size == 0:
        return np.zeros((*thermal.shape, 3), np.uint8)
    low, high = np.percentile(known[:: max(1, known.size // _STRETCH_SAMPLES)], _STRETCH_PERCENTILES)
    scale = 255.0 / max(float(high - low), 1e-6)
    grey = np.clip((np.where(finite, values, low) - low) * scale, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def titled(image: NDArray[np.uint8], title: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Fit an image into a size without distortion, with a title at its upper left.

    Args:
        image: (H, W) or (H, W, 3) uint8 RGB.
        title: a few words.
        size: (height, width).

    Returns:
        (height, width, 3) uint8 RGB, a new array.
    """
    colour = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
    tile: NDArray[np.uint8] = letterbox(np.asarray(colour, np.uint8), size).copy()
    tile[:20, : _text_width(title, 0.48) + 10] //= 4
    _text(tile, title, (5, 14), 0.48, _PAPER)
    return tile


def tiled(tiles: Sequence[tuple[str, NDArray[np.uint8]]], columns: int, width: int) -> NDArray[np.uint8]:
    """Put titled images side by side, each in a tile of the shape of the first one.

    Args:
        tiles: title and image, (H, W) or (H, W, 3) uint8 RGB.
        columns: tiles of a row.
        width: of a tile in pixels.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    size = (max(1, round(width * tiles[0][1].shape[0] / tiles[0][1].shape[1])), width)
    columns = min(columns, len(tiles))
    sheet = np.full((-(-len(tiles) // columns) * size[0], columns * width, 3), _PAPER, np.uint8)
    for k, (title, image) in enumerate(tiles):
        top, left = k // columns * size[0], k % columns * width
        sheet[top : top + size[0], left : left + width] = titled(image, title, size)
    return sheet


def contact_sheet(
    rows: Sequence[Sequence[NDArray[np.uint8]]],
    titles: Sequence[str],
    *,
    captions: Sequence[str] = (),
    labels: LabelSet | None = None,
    cell_width: int = 320,
) -> NDArray[np.uint8]:
    """Put images side by side, one moment a row, under column titles and above a legend.

    Args:
        rows: images (H, W) or (H, W, 3) uint8 RGB, as many in each row as there are titles. A cell
            has the shape of the very first image; others are fitted into it without distortion.
        titles: one per column, for example thermal, RGB, fused, overlay, attribution.
        captions: one per row, or none at all.
        labels: draw the class colours and the attribution scale below the images.
        cell_width: width of a column in pixels.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: no rows, a row of another length, or an image that is not uint8.
    """
    if not rows or not titles or any(len(row) != len(titles) for row in rows):
        raise ImageError(
            f"contact sheet got {len(titles)} titles and rows of {[len(row) for row in rows]} images; "
            "give at least one row and one image per title"
        )
    if captions and len(captions) != len(rows):
        raise ImageError(f"contact sheet got {len(captions)} captions for {len(rows)} rows; give one per row or none")
    for image in (image for row in rows for image in row):
        _check(image, "contact sheet image", 2 if image.ndim == 2 else 3)
    height, width = rows[0][0].shape[:2]
    cell_height = max(1, round(cell_width * height / width))
    pitch = cell_height + _GAP + (_CAPTION if captions else 0)
    sheet_height = _HEADER + pitch * len(rows) + (_LEGEND if labels else 0)
    sheet = np.full((sheet_height, _GAP + (cell_width + _GAP) * len(titles), 3), _PAPER, np.uint8)
    for column, title in enumerate(titles):
        _text(sheet, title, (_GAP + column * (cell_width + _GAP) + 2, _HEADER - 11), 0.62, _INK)
    for index, row in enumerate(rows):
        top = _HEADER + index * pitch
        for column, image in enumerate(row):
            left = _GAP + column * (cell_width + _GAP)
            colour = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
            cell = letterbox(np.asarray(colour, np.uint8), (cell_height, cell_width), fill=_BEHIND)
            sheet[top : top + cell_height, left : left + cell_width] = cell
        if captions:
            _text(sheet, captions[index], (_GAP + 2, top + cell_height + 17), 0.45, _MUTED)
    if labels:
        _draw_legend(sheet, sheet_height - _LEGEND, labels)
    return sheet


def _draw_legend(sheet: NDArray[np.uint8], top: int, labels: LabelSet) -> None:
    """Class swatches from the left, the attribution scale at the right if there is room left."""
    x, y = _GAP + 2, top + 12
    for name, colour in list(zip(labels.names, labels.palette, strict=True))[BACKGROUND + 1 :]:
        x = _text(sheet, name, (_swatch(sheet, x, y, colour) + 6, y + 13), 0.5, _INK) + 18
    words, bar = ("RGB drove it", "thermal drove it"), 160
    start = sheet.shape[1] - _GAP - bar - sum(_text_width(w, 0.5) for w in words) - 24
    if start > x:
        end = _text(sheet, words[0], (start, y + 13), 0.5, _INK) + 8
        ramp = np.linspace(0, 255, bar).round().astype(np.uint8)
        sheet[y : y + 16, end : end + bar] = diverging_table()[ramp]
        _text(sheet, words[1], (end + bar + 8, y + 13), 0.5, _INK)


def _swatch(sheet: NDArray[np.uint8], x: int, y: int, colour: tuple[int, int, int]) -> int:
    """A filled square of 16 pixels; returns its right edge."""
    sheet[y : y + 16, x : x + 16] = colour
    return x + 16


def _text(sheet: NDArray[np.uint8], text: str, at: tuple[int, int], scale: float, colour: tuple[int, int, int]) -> int:
    """Write on the base line ``at``; returns where the text ends."""
    cv2.putText(sheet, _drawable(text), at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)
    return at[0] + _text_width(text, scale)


def _text_width(text: str, scale: float) -> int:
    return int(cv2.getTextSize(_drawable(text), cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0])


def _drawable(text: str) -> str:
    """Return a text that OpenCV draws: half a character (of a file name that is no UTF-8) ends the process there."""
    return printable(text, _LONGEST_TEXT)


def _look_up(
    ids: NDArray[np.uint8], table: NDArray[np.uint8], out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Map (H, W) uint8 through a (256, 3) table; three 1-channel LUTs are far faster than indexing."""
    planes = [cv2.LUT(ids, np.ascontiguousarray(table[:, c])) for c in range(3)]
    return np.asarray(cv2.merge(planes, dst=out), np.uint8)


def _check(image: NDArray[np.generic], what: str, ndim: int) -> None:
    shape = "(H, W)" if ndim == 2 else "(H, W, 3)"
    if image.dtype != np.uint8 or image.ndim != ndim or image.size == 0 or (ndim == 3 and image.shape[2] != 3):
        raise ImageError(f"{what} has dtype {image.dtype} and shape {image.shape}; accepted: uint8 {shape}, not empty")
