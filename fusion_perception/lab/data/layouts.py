# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where the public RGB-thermal data sets keep their images, masks and splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.labels import FMB15, MSRS9, PST5, LabelSet

SPLIT = "{split}"


@dataclass(frozen=True)
class Layout:
    """One arrangement of folders.

    Attributes:
        name: what ``--layout`` and messages call it.
        rgb: folder of the RGB images below the root; ``{split}`` stands for the split's folder.
        thermal: folder of the thermal images; equal to ``rgb`` where four-channel images hold both.
        labels: folder of the masks, ``""`` for none.
        label_set: what the mask ids mean, or None.
        splits: names of the split folders, or of the text files ``NAME.txt`` at the root.
        source: the data set and its paper.
    """

    name: str
    rgb: str
    thermal: str
    labels: str
    label_set: LabelSet | None
    splits: tuple[str, ...]
    source: str

    @property
    def by_folder(self) -> bool:
        """Whether splits are folders (not text files)."""
        return SPLIT in self.rgb

    @property
    def packed(self) -> bool:
        """Whether RGB and thermal share one four-channel image."""
        return self.rgb == self.thermal

    def folders(self, split: str = "") -> tuple[str, str, str]:
        """Return the folders of (rgb, thermal, labels) of a split."""
        rgb, thermal, labels = (f.replace(SPLIT, split) for f in (self.rgb, self.thermal, self.labels))
        return rgb, thermal, labels

    def fits(self, root: Path) -> bool:
        """Return whether the image folders (of any split) exist."""
        candidates = self.splits if self.by_folder else ("",)
        return any(
            (root / rgb).is_dir() and (root / thermal).is_dir()
            for rgb, thermal, _ in (self.folders(split) for split in candidates)
        )


_TRAIN_TEST = ("train", "test")
_MSRS = "MSRS: Tang et al., PIAFusion, Inf. Fusion 2022"
_MFNET = "MFNet: Ha et al., IROS 2017"
_MFNET_SPLITS = ("train", "val", "test", "train_day", "train_night", "val_day", "val_night", "test_day", "test_night")
_ROADSCENE = "RoadScene: Xu et al., U2Fusion, TPAMI 2022"

LAYOUTS: tuple[Layout, ...] = (
    Layout("msrs", "vi", "ir", "Segmentation_labels", MSRS9, ("train", "val", "test"), _MSRS),
    Layout("msrs-release", f"{SPLIT}/vi", f"{SPLIT}/ir", f"{SPLIT}/Segmentation_labels", MSRS9, _TRAIN_TEST, _MSRS),
    Layout("mfnet", "images", "images", "labels", MSRS9, _MFNET_SPLITS, _MFNET),
    Layout("mfnet-unpacked", "RGB", "Thermal", "Label", MSRS9, _MFNET_SPLITS, _MFNET + ", separate folders"),
    Layout(
        "fmb",
        f"{SPLIT}/Visible",
        f"{SPLIT}/Infrared",
        f"{SPLIT}/Label",
        FMB15,
        _TRAIN_TEST,
        "FMB: Liu et al., SegMiF, ICCV 2023",
    ),
    Layout(
        "pst900",
        f"{SPLIT}/rgb",
        f"{SPLIT}/thermal",
        f"{SPLIT}/labels",
        PST5,
        _TRAIN_TEST,
        "PST900: Shivakumar et al., ICRA 2020",
    ),
    Layout("roadscene", "crop_LR_visible", "cropinfrared", "", None, (), _ROADSCENE),
    Layout("m3fd", "Vis", "Ir", "", None, (), "M3FD: Liu et al., TarDAL, CVPR 2022"),
    Layout("llvip", f"visible/{SPLIT}", f"infrared/{SPLIT}", "", None, _TRAIN_TEST, "LLVIP: Jia et al., ICCVW 2021"),
)
"""Known layouts, tried in this order. Any data set fits the first one: two folders ``vi`` and ``ir``."""


def get_layout(name: str) -> Layout:
    """Return a layout by name.

    Raises:
        DataError: there is no layout of that name.
    """
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    raise DataError(f"unknown layout '{name}'; known: {', '.join(layout.name for layout in LAYOUTS)}")


def find_layout(root: Path) -> Layout:
    """Return the layout whose folders exist below ``root``.

    Raises:
        DataError: the folder is missing, or looks like no known layout.
    """
    if not root.is_dir():
        raise DataError(f"no folder {root}; give the folder of a data set")
    for layout in LAYOUTS:
        if layout.fits(root):
            return layout
    known = "; ".join(f"{la.name}: '{la.rgb}' and '{la.thermal}'" for la in LAYOUTS if not la.packed)
    raise DataError(f"{root}: none of the known layouts; arrange pairs as 'vi' and 'ir', or as one of ({known})")
