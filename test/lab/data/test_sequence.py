# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_pair import time_of_day
from fusion_perception.lab.data.open_sequence import open_sequence
from fusion_perception.lab.data.sequence import PairSequence

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "msrs"


def picture(seed: int, height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    """A smooth picture, so that JPEG changes it little."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, channels)).astype(np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return image if channels > 1 else image.reshape(height, width)


def write(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k, name in enumerate(("00002N", "00001D", "00010D")):
        write(tmp_path / "vi" / f"{name}.png", picture(k))
        write(tmp_path / "ir" / f"{name}.png", picture(10 + k, channels=1))
    return tmp_path


@pytest.mark.parametrize(
    ("rgb_kind", "thermal_kind", "tolerance"),
    [("png", "png", 0), ("jpg", "png", 12), ("bmp", "tiff", 0), ("tif", "bmp", 0), ("PNG", "jpg", 12)],
)
def test_reads_formats_as_rgb_and_grey(tmp_path: Path, rgb_kind: str, thermal_kind: str, tolerance: int) -> None:
    bgr, grey = picture(1), picture(2, channels=1)
    write(tmp_path / "vi" / f"a.{rgb_kind}", bgr)
    write(tmp_path / "ir" / f"a.{thermal_kind}", grey)
    item = PairSequence(tmp_path)[0]
    assert (item.name, item.time) == ("a", None)
    assert item.rgb.dtype == item.thermal.dtype == np.uint8
    assert np.abs(item.rgb.astype(int) - bgr[..., ::-1]).max() <= 2 * tolerance
    assert np.abs(item.thermal.astype(int) - grey).mean() <= tolerance
    assert item.labels is None


def test_names_are_sorted_and_indexable(folder: Path) -> None:
    sequence = PairSequence(folder)
    assert sequence.names == ("00001D", "00002N", "00010D")
    assert len(sequence) == 3
    assert [item.name for item in sequence] == list(sequence.names)
    assert sequence[-1].name == "00010D"
    assert [item.time for item in sequence] == ["day", "night", "day"]
    with pytest.raises(IndexError):
        sequence[3]


def test_a_split_selects_pairs_in_order_of_name_each_once(folder: Path) -> None:
    split = folder / "val.txt"
    split.write_text("00010D.png\r\n\n 00001D \n00010D\n")
    sequence = PairSequence(folder, split=split)
    assert sequence.names == ("00001D", "00010D")
    assert sequence.paths == tuple(folder / "vi" / f"{name}.png" for name in sequence.names)


def test_sixteen_bit_thermal_is_kept(folder: Path) -> None:
    raw = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) * 80
    write(folder / "ir" / "00001D.png", raw)
    thermal = PairSequence(folder)[0].thermal
    assert thermal.dtype == np.uint16
    np.testing.assert_array_equal(thermal, raw)


def test_grey_rgb_is_expanded_and_colour_thermal_reduced(folder: Path) -> None:
    grey = picture(5, channels=1)
    write(folder / "vi" / "00001D.png", grey)
    write(folder / "ir" / "00001D.png", np.repeat(grey[..., None], 3, axis=2))
    item = PairSequence(folder)[0]
    np.testing.assert_array_equal(item.rgb, np.repeat(grey[..., None], 3, axis=2))
    np.testing.assert_array_equal(item.thermal, grey)


def test_transparency_is_dropped(folder: Path) -> None:
    bgra = np.dstack([picture(6), np.full((24, 32), 7, np.uint8)])
    write(folder / "vi" / "00001D.png", bgra)
    np.testing.assert_array_equal(PairSequence(folder)[0].rgb, bgra[..., 2::-1])


def test_labels_where_there_are_some(folder: Path) -> None:
    ids = np.random.default_rng(0).integers(0, 9, (24, 32)).astype(np.uint8)
    write(folder / "Segmentation_labels" / "00002N.png", ids)
    sequence = PairSequence(folder)
    assert sequence[0].labels is None
    np.testing.assert_array_equal(sequence[1].labels, ids)


def test_reading_is_lazy(folder: Path) -> None:
    (folder / "vi" / "00010D.png").write_bytes(b"not a picture")
    sequence = PairSequence(folder)
    assert sequence[0].name == "00001D"
    with pytest.raises(DataError, match=r"00010D\.png: not a readable image"):
        sequence[2]


@pytest.mark.parametrize("damage", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 30])
def test_damaged_file_is_named(folder: Path, damage: bytes) -> None:
    (folder / "ir" / "00001D.png").write_bytes(damage)
    with pytest.raises(DataError, match=r"ir.00001D\.png"):
        PairSequence(folder)[0]


def test_missing_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "vi").mkdir()
    with pytest.raises(DataError, match=r"no folder .*ir; a sequence is"):
        PairSequence(tmp_path)


def test_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "vi").mkdir()
    (tmp_path / "ir").mkdir()
    with pytest.raises(DataError, match="no images"):
        PairSequence(tmp_path)


def test_unmatched_names_are_listed(folder: Path) -> None:
    for k in range(7):
        write(folder / "vi" / f"extra{k}.png", picture(k))
    (folder / "vi" / "00001D.png").unlink()
    with pytest.raises(DataError, match=r"'ir' lacks extra0, .*extra4 and 2 more; 'vi' lacks 00001D"):
        PairSequence(folder)


def test_same_stem_twice_is_refused(folder: Path) -> None:
    write(folder / "vi" / "00001D.jpg", picture(0))
    with pytest.raises(DataError, match="the same name"):
        PairSequence(folder)


def test_split_errors(folder: Path) -> None:
    split = folder / "val.txt"
    with pytest.raises(DataError, match="cannot be read"):
        PairSequence(folder, split=split)
    split.write_text("\n\n")
    with pytest.raises(DataError, match="names no images"):
        PairSequence(folder, split=split)
    split.write_text("00001D\n../secret\n")
    with pytest.raises(DataError, match=r"no pair in .* for \.\./secret"):
        PairSequence(folder, split=split)


def test_sizes_must_agree_unless_allowed(folder: Path) -> None:
    write(folder / "ir" / "00001D.png", picture(3, 12, 16, 1))
    with pytest.raises(DataError, match="thermal is 12 x 16, RGB is 24 x 32"):
        PairSequence(folder)[0]
    assert PairSequence(folder, allow_size_mismatch=True)[0].thermal.shape == (12, 16)


def test_colour_labels_are_refused(folder: Path) -> None:
    write(folder / "Segmentation_labels" / "00001D.png", picture(3))
    with pytest.raises(DataError, match="colours; label images are uint8 with one channel"):
        PairSequence(folder)[0]


def test_other_numbers_of_thermal_images_come_as_float(folder: Path) -> None:
    degrees = np.linspace(-20, 60, 24 * 32, dtype=np.float32).reshape(24, 32)
    degrees[0, 0] = np.nan
    for k, (name, stored) in enumerate((("00001D", degrees), ("00002N", np.round(degrees[1:]).astype(np.int16)))):
        (folder / "ir" / f"{name}.png").unlink()
        write(folder / "ir" / f"{name}.tiff", stored)
        thermal = PairSequence(folder, allow_size_mismatch=True)[k].thermal
        assert thermal.dtype == np.float32
        np.testing.assert_array_equal(thermal, stored.astype(np.float32))


def test_open_sequence_opens_both_kinds(folder: Path) -> None:
    for sequence in (open_sequence(folder), open_sequence("synthetic", n_frames=2, height=96, width=128)):
        item = sequence[0]
        assert item.name
        assert item.thermal.ndim == 2
        assert item.rgb.shape == (*item.thermal.shape, 3)
        assert len(sequence) in {2, 3}
    with pytest.raises(DataError, match="give 'synthetic' or a folder"):
        open_sequence(folder / "nowhere")


@pytest.mark.skipif(not REAL.is_dir(), reason="the MSRS pairs are not beside this checkout")
def test_real_pairs() -> None:
    sequence = PairSequence(REAL, split=REAL / "val.txt")
    item = sequence[0]
    assert len(sequence) == 41
    assert item.rgb.shape == (480, 640, 3)
    assert item.labels is not None
    assert set(np.unique(item.labels)) <= {*range(9), 255}
    assert {time_of_day(n) for n in sequence.names} == {"day", "night"}
