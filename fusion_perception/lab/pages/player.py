# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""What the player of a page shows: a film, or pictures one after the other, and where each is on the charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fusion_perception.lab.pages.page import data_uri
from fusion_perception.text import printable

LARGEST_FILM = 60_000_000
"""Bytes of a film that is put into a page; a larger one stays beside it."""

MOST_PICTURES = 48
"""Pictures of a player without a film."""

MOST_TIMES = 20_000
"""Times of frames in a page; of a longer film every so many has one, and those between are reckoned."""

_JPEG_QUALITY = 80


@dataclass(frozen=True)
class Player:
    """The contents of ``player.html.j2``.

    Attributes:
        address: of the film; empty for pictures.
        rate: frames of it a second; of pictures, how fast they follow one another when it plays.
        count: frames.
        times: places on the charts, of every so many frames.
        every: of so many frames one has a time.
        names: of the frames, where they are no moments of a run.
        pictures: their addresses, where there is no film.
    """

    address: str
    rate: float
    count: int
    times: tuple[float, ...]
    every: int = 1
    names: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


def film_player(film: Path, rate: float, times: Sequence[float]) -> Player | None:
    """Return the player of a film, or None where there is no film or no frame.

    Args:
        film: an mp4; one that is not put into the page has to lie beside it.
        rate: frames a second.
        times: seconds of each frame on the charts.
    """
    if not times or not film.is_file():
        return None
    address = data_uri(film.read_bytes(), "video/mp4") if film.stat().st_size <= LARGEST_FILM else film.name
    every = -(-len(times) // MOST_TIMES)
    kept = [*times[::every], times[-1]] if every > 1 else times
    return Player(address, rate, len(times), tuple(round(time, 3) for time in kept), every)


def picture_player(pictures: Sequence[NDArray[np.uint8]], names: Sequence[str], places: Sequence[float]) -> Player:
    """Return a player that shows pictures one after the other.

    Args:
        pictures: (H, W, 3) uint8 RGB of any size; ``MOST_PICTURES`` at most are meant.
        names: one for each.
        places: where each is on the charts.
    """
    addresses = tuple(data_uri(_jpeg(picture), "image/jpeg") for picture in pictures)
    return Player("", 2.0, len(addresses), tuple(places), 1, tuple(map(printable, names)), addresses)


def evenly(count: int, most: int = MOST_PICTURES) -> list[int]:
    """Return at most so many of ``count`` positions, spread evenly, the first and the last among them."""
    return sorted({round(position) for position in np.linspace(0, count - 1, min(count, most))}) if count else []


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])
