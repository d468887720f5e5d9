# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A data set to train or to be measured on: pairs with what is known about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from fusion_perception.errors import DataError
from fusion_perception.lab.data.boxes import BOX_LABELS, Annotation, read_annotations
from fusion_perception.lab.data.image_pair import ImagePair
from fusion_perception.lab.data.layouts import Layout
from fusion_perception.lab.data.packed import PackedSequence
from fusion_perception.lab.data.pair_files import find_names, find_pair_files, names_of
from fusion_perception.lab.data.recogniser import AUTO, recognise
from fusion_perception.lab.data.sequence import PairSequence
from fusion_perception.labels import LabelSet

ANNOTATIONS = "annotations.json"


class Dataset(Protocol):
    """What can be evaluated on."""

    @property
    def title(self) -> str:
        """Name for tables."""
        ...

    @property
    def layout_name(self) -> str:
        """How it is stored."""
        ...

    @property
    def split(self) -> str:
        """Which part of it this is."""
        ...

    @property
    def label_set(self) -> LabelSet | None:
        """What the ids in the labels mean, or None without labels."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        ...

    @property
    def starts(self) -> frozenset[int] | None:
        """Numbers of the pairs that begin a recording; None where the pairs are no video."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> ImagePair: ...


class PairDataset:
    """Pairs of one split of a data set, in order of name, each once.

    ``root`` is its folder, ``home`` that of the split; the two differ where splits are folders. ``seen`` says what
    ``root`` was found to be.

    Args:
        root: folder of the data set, in one of ``layouts.LAYOUTS``; or around one, or of one of its splits, or around
            sequences in the same layout.
        split: a text file with one name a line; or the name of a split, which is a folder or a file
            ``NAME.txt`` of the data set; None for all pairs, or where splits are folders for the one that ``root``
            is, else ``"test"``, else ``"val"``.
        layout: name of a layout, or ``"auto"``.
        with_labels: read masks and annotations where there are any; else pairs come as if there were none.

    Raises:
        DataError: folders, files or splits are missing or do not fit together.

    Example:
        >>> dataset = PairDataset("msrs", "val")
        >>> dataset[0].time
        'day'
    """

    starts = None

    def __init__(
        self, root: str | Path, split: str | Path | None = None, *, layout: str = AUTO, with_labels: bool = True
    ) -> None:
        found = recognise(Path(root), layout)
        self.root = found.root
        self.layout: Layout = found.layout
        folder, names = self._resolve(split, found.default_split)
        self.split = folder or (Path(names).stem if names is not None else "all")
        self._folders = self.layout.folders(folder)[:2]
        self._sequences = found.sequences
        self._left_out = 0
        self._pairs: PairSequence | PackedSequence
        if self.layout.packed:
            images, _, labels = self.layout.folders(folder)
            self._pairs = PackedSequence(self.root, names, images=images, labels=labels if with_labels else "")
        else:
            files = find_pair_files(self.root, self.layout, folder, found.sequences, with_labels=with_labels)
            self._left_out = files.left_out
            self._pairs = PairSequence(self.root, names, allow_size_mismatch=True, files=files)
        self.home = self.root / folder
        path = self.home / ANNOTATIONS
        self.annotations: dict[str, Annotation] = read_annotations(path) if with_labels and path.is_file() else {}
        label_set = self.layout.label_set
        self._box_ids = (
            (0, *sorted(label_set.names.index(n) for n in BOX_LABELS if n in label_set.names)) if label_set else (0,)
        )

    def _resolve(self, split: str | Path | None, default: str) -> tuple[str, Path | None]:
        """Return (split folder, names file) of what the caller asked for."""
        layout = self.layout
        if split is None:
            return default, None
        if layout.by_folder and str(split) in layout.splits:
            return str(split), None
        for path in (Path(split), self.root / f"{split}.txt"):
            if path.is_file():
                if layout.by_folder:
                    raise DataError(
                        f"{path}: layout '{layout.name}' has folders as splits ({', '.join(layout.splits)}); "
                        f"name one of them, or give {self.root / layout.splits[-1]} as the data set"
                    )
                return "", path
        found = sorted(p.stem for p in self.root.glob("*.txt"))
        known = layout.splits if layout.by_folder else found
        raise DataError(
            f"no split '{split}': neither a text file with one name a line nor a split of {self.root} "
            f"({', '.join(known) or 'it has none'})"
        )

    @property
    def seen(self) -> str:
        """What the folder was found to be, as a sentence."""
        rgb, thermal = self._folders
        where = f"'{rgb}'" if rgb == thermal else f"'{rgb}' and '{thermal}'"
        if len(self._sequences) > 1:
            where += f" of {len(self._sequences)} folders"
        masks = f"masks of {self.label_set.name}" if self.label_set and self.has_labels else "no masks"
        left_out = f"; {self._left_out} images without a partner are left out" if self._left_out else ""
        what = f"layout {self.layout.name} ({self.layout.source})"
        return f"{self.root}: {what}, {len(self)} pairs in {where}, {masks}{left_out}"

    @property
    def title(self) -> str:
        """Name of the folder."""
        return self.root.resolve().name

    @property
    def layout_name(self) -> str:
        """Name of the layout."""
        return self.layout.name

    @property
    def label_set(self) -> LabelSet | None:
        """What the ids in the labels mean, or None for a data set without labels."""
        return self.layout.label_set

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return self._pairs.names

    def names_in(self, path: Path) -> frozenset[str]:
        """Return those of the names that a text file lists."""
        found = find_names(path, self.root, self.names, self._folders, self.layout.endings)
        return frozenset(name for name in found.values() if name is not None)

    def names_of(self, paths: Iterable[str]) -> dict[str, str | None]:
        """Return the pair that each path of an image, or a name, means; None where it means none."""
        return names_of(paths, self.root, self.names, self._folders, self.layout.endings)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Files of the RGB images, in order of name."""
        return self._pairs.paths

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of all images, without those of masks."""
        return self._pairs.files

    @property
    def has_labels(self) -> bool:
        """Whether any of the pairs has labels."""
        return self._pairs.has_labels

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[ImagePair]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> ImagePair:
        pair = self._pairs[i]
        annotation = self.annotations.get(pair.name)
        if annotation is None:
            return pair
        annotated = self._box_ids if annotation.source == "boxes" else None
        return replace(pair, kind=annotation.source, annotated=annotated, boxes=annotation.boxes)
