# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which files belong to a pair: found by name, by endings of names, or by a file that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from fusion_perception.documents.strict_json import read_object
from fusion_perception.errors import DataError
from fusion_perception.files.text_file import read_text
from fusion_perception.lab.data.image_files import index_images, read_names, some
from fusion_perception.lab.data.layouts import Layout, find_folder


@dataclass(frozen=True)
class PairFiles:
    """The files of some pairs, by the names of the pairs.

    Attributes:
        root: folder of the data set, for messages.
        folders: of RGB and of thermal images below ``root``, for messages.
        rgb: name -> RGB image.
        thermal: name -> thermal image.
        labels: name -> mask, for some names.
        endings: what a list may put behind the names.
        left_out: how many images have no partner.
    """

    root: Path
    folders: tuple[str, str]
    rgb: Mapping[str, Path]
    thermal: Mapping[str, Path]
    labels: Mapping[str, Path] = field(default_factory=dict)
    endings: tuple[str, ...] = ()
    left_out: int = 0

    def select(self, split: Path | None) -> tuple[str, ...]:
        """Return the names of a text file, or all; in order, each once.

        Raises:
            DataError: a name has no pair, or an image no partner.
        """
        if split is not None:
            return select_names(split, self.root, self.rgb.keys() & self.thermal.keys(), self.folders, self.endings)
        rgb_folder, thermal_folder = self.folders
        if not self.rgb and not self.thermal:
            raise DataError(f"{self.root}: no images in '{rgb_folder}' and '{thermal_folder}'")
        lonely = {
            thermal_folder: sorted(self.rgb.keys() - self.thermal.keys()),
            rgb_folder: sorted(self.thermal.keys() - self.rgb.keys()),
        }
        parts = [f"'{folder}' lacks {some(names)}" for folder, names in lonely.items() if names]
        if parts:
            raise DataError(f"{self.root}: {'; '.join(parts)}; every image needs its partner of the same name")
        return tuple(sorted(self.rgb))


def select_names(
    split: Path, root: Path, known: Iterable[str], folders: tuple[str, ...], endings: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the names of pairs that a text file lists, in order, each once.

    A line may be the name alone, or a path to one of the images of the pair.

    Args:
        split: the file.
        root: folder of the data set.
        known: names of the pairs.
        folders: folders of the images below ``root``.
        endings: what may stand behind a name.

    Raises:
        DataError: the file cannot be read, or a name has no pair.
    """
    listed = find_names(split, root, known, folders, endings)
    absent = [line for line, name in listed.items() if name is None]
    if absent:
        raise DataError(f"{split}: no pair in {root} for {some(absent)}")
    return tuple(sorted({name for name in listed.values() if name is not None}))


def find_names(
    split: Path, root: Path, known: Iterable[str], folders: tuple[str, ...], endings: tuple[str, ...] = ()
) -> dict[str, str | None]:
    """Return line -> name of its pair, None where there is none; the arguments are those of ``select_names``."""
    return names_of(read_names(split), root, known, folders, endings)


def names_of(
    lines: Iterable[str], root: Path, known: Iterable[str], folders: tuple[str, ...], endings: tuple[str, ...] = ()
) -> dict[str, str | None]:
    """Return line -> name of its pair, None where there is none; see ``select_names``."""
    names = frozenset(known)
    allowed = {part for folder in folders for part in folder.split("/")} | set(root.resolve().parts) | {"."}
    return {line: _find(line, names, allowed, endings) for line in lines}


def _find(line: str, names: frozenset[str], allowed: set[str], endings: tuple[str, ...]) -> str | None:
    """Return the pair that a line means: folders in front of the name must be those of the data set."""
    parts = PurePosixPath(line).parts
    for start in range(len(parts)):
        if not set(parts[:start]) <= allowed:
            break
        # The folder of the images stands in front of the file's name: set00/V000/visible/I00000.
        for middle in (parts[start:-1], tuple(part for part in parts[start:-1] if part not in allowed)):
            name = "_".join((*middle, parts[-1]))
            for candidate in (name, *(name.removesuffix(ending) for ending in endings if ending)):
                if candidate in names:
                    return candidate
    return None


def find_pair_files(
    root: Path, layout: Layout, split: str = "", sequences: tuple[str, ...] = ("",), *, with_labels: bool = True
) -> PairFiles:
    """Find the files of the pairs of a data set.

    Args:
        root: its folder.
        layout: its layout.
        split: its split folder, where splits are folders.
        sequences: folders below ``root`` that are in the layout; what is in one is named ``FOLDER_NAME``.
        with_labels: look for masks.

    Raises:
        DataError: a folder is missing, or two files have the same name.
    """
    names = layout.folders(split)
    rgb: dict[str, Path] = {}
    thermal: dict[str, Path] = {}
    labels: dict[str, Path] = {}
    for sequence in sequences:
        home = root / sequence
        prefix = sequence.replace("/", "_") + "_" if sequence else ""
        mine, theirs = (
            index_images(_folder(home, name), ending) for name, ending in zip(names[:2], layout.endings, strict=True)
        )
        if layout.name_map:
            theirs = _mapped(home / layout.name_map, mine, theirs)
        masks = find_folder(home, names[2]) if names[2] and with_labels else None
        for files, found in ((rgb, mine), (thermal, theirs), (labels, index_images(masks) if masks else {})):
            files.update({prefix + name: path for name, path in found.items()})
    left_out = 0
    if layout.partial:
        both = rgb.keys() & thermal.keys()
        left_out = len(rgb.keys() ^ thermal.keys())
        if not both:
            raise DataError(f"{root}: no image of '{names[0]}' has a partner in '{names[1]}'")
        rgb, thermal = ({name: files[name] for name in both} for files in (rgb, thermal))
    return PairFiles(root, names[:2], rgb, thermal, labels, layout.endings, left_out)


def _folder(root: Path, name: str) -> Path:
    folder = find_folder(root, name)
    if folder is None:
        raise DataError(f"no folder {root / name}")
    return folder


def _mapped(path: Path, rgb: Mapping[str, Path], thermal: Mapping[str, Path]) -> dict[str, Path]:
    """Return the thermal images by the names of their RGB images, as a JSON object of file names says."""
    try:
        document = read_object(read_text(path))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if not all(isinstance(name, str) for name in document.values()):
        raise DataError(f"{path}: allowed: one JSON object, RGB file name -> thermal file name")
    partners = {PurePosixPath(mine).stem: PurePosixPath(other).stem for mine, other in document.items()}
    return {name: thermal[partners[name]] for name in rgb if partners.get(name) in thermal}
