# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where the public RGB-thermal data sets keep their images, masks and splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.data.image_files import images_in, read_image, subfolders
from fusion_perception.labels import FMB15, MSRS9, PST5, LabelSet

SPLIT = "{split}"


@dataclass(frozen=True)
class Layout:
    """One arrangement of folders.

    Attributes:
        name: what ``--layout`` and messages call it.
        rgb: folder of the RGB images below the root; ``{split}`` stands for the split's folder.
        thermal: folder of the thermal images; equal to ``rgb`` where both are in one folder.
        labels: folder of the masks, ``""`` for none.
        label_set: what the mask ids mean, or None.
        splits: names of the split folders, or of the text files ``NAME.txt`` at the root.
        source: the data set and its paper.
        endings: what the names of RGB and of thermal images end in, where that is not the same.
        name_map: JSON file below the root that says which thermal image belongs to an RGB image, or ``""``.
        partial: the release has images without a partner, which are left out.
    """

    name: str
    rgb: str
    thermal: str
    labels: str
    label_set: LabelSet | None
    splits: tuple[str, ...]
    source: str
    endings: tuple[str, str] = ("", "")
    name_map: str = ""
    partial: bool = False

    @property
    def by_folder(self) -> bool:
        """Whether splits are folders (not text files)."""
        return SPLIT in self.rgb

    @property
    def packed(self) -> bool:
        """Whether RGB and thermal share one four-channel image."""
        return self.rgb == self.thermal and self.endings == ("", "")

    def folders(self, split: str = "") -> tuple[str, str, str]:
        """Return the folders of (rgb, thermal, labels) of a split."""
        rgb, thermal, labels = (f.replace(SPLIT, split) for f in (self.rgb, self.thermal, self.labels))
        return rgb, thermal, labels

    def split_folders(self, root: Path) -> tuple[str, ...]:
        """Return the split folders that hold both kinds of images; ``("",)`` for a layout without that are there."""
        return tuple(split for split in (self.splits if self.by_folder else ("",)) if not self.missing(root, split))

    def missing(self, root: Path, split: str = "") -> list[str]:
        """Return what a folder lacks to be in this layout, in few words each; nothing if it is."""
        rgb, thermal, _ = self.folders(split)
        absent = [f"folder {name}" for name in dict.fromkeys((rgb, thermal)) if not find_folder(root, name)]
        if self.name_map and not (root / self.name_map).is_file():
            absent.append(f"file {self.name_map}")
        if absent or rgb != thermal:
            return absent
        folder = find_folder(root, rgb)
        assert folder is not None  # noqa: S101 - it is not absent
        if self.packed:
            return _unpacked(folder)
        names = [path.stem for path in images_in(folder)]
        lacking = [ending for ending in self.endings if not any(name.endswith(ending) for name in names)]
        return [f"images in {rgb} whose names end in {ending}" for ending in lacking] if names else []

    def fits(self, root: Path) -> bool:
        """Return whether the image folders (of any split) exist."""
        return bool(self.split_folders(root))


def find_folder(root: Path, name: str) -> Path | None:
    """Return a folder below another one, whatever the case of its letters; None if it is not there.

    Args:
        root: where to look.
        name: such as ``"train/Visible"``; written exactly so, it wins.
    """
    folder = root
    for part in name.split("/") if name else ():
        if not (folder / part).is_dir():
            alike = [item for item in subfolders(folder) if item.name.lower() == part.lower()]
            if len(alike) != 1:
                return None
            folder = alike[0]
        else:
            folder /= part
    return folder if folder.is_dir() else None


def _unpacked(folder: Path) -> list[str]:
    """Return what the first image of a folder lacks to be a packed pair."""
    first = min(images_in(folder), default=None)
    if first is None:  # an empty folder may become one
        return [f"images in {folder.name}"] if subfolders(folder) else []
    try:
        shape = read_image(first, with_alpha=True).shape
    except DataError as error:
        return [str(error)]
    if len(shape) == 3 and shape[2] == 4:
        return []
    channels = shape[2] if len(shape) == 3 else 1
    return [f"thermal as a fourth channel ({first.name} has {channels}; a packed pair is uint8 with four channels)"]


TWO_FOLDERS = "two folders"
"""Source of layouts that belong to no data set."""

_TRAIN_TEST = ("train", "test")
_MSRS = "MSRS: Tang et al., PIAFusion, Inf. Fusion 2022"
_MFNET = "MFNet: Ha et al., IROS 2017"
_MFNET_SPLITS = ("train", "val", "test", "train_day", "train_night", "val_day", "val_night", "test_day", "test_night")
_FLIR = "FLIR ADAS 1.3: Teledyne FLIR, 2019"
_FLIR_SPLITS = ("train", "val", "video")
_ALIGNED_SPLITS = ("align_train", "align_validation")
_ROADSCENE = "RoadScene: Xu et al., U2Fusion, TPAMI 2022"

LAYOUTS: tuple[Layout, ...] = (
    Layout("msrs", "vi", "ir", "Segmentation_labels", MSRS9, ("train", "val", "test"), _MSRS),
    Layout("msrs-release", f"{SPLIT}/vi", f"{SPLIT}/ir", f"{SPLIT}/Segmentation_labels", MSRS9, _TRAIN_TEST, _MSRS),
    Layout("mfnet", "images", "images", "labels", MSRS9, _MFNET_SPLITS, _MFNET),
    Layout("rgb-thermal", "rgb", "thermal", "", None, (), TWO_FOLDERS),
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
    Layout("kaist", "visible", "lwir", "", None, (), "KAIST: Hwang et al., CVPR 2015"),
    Layout("flir", f"{SPLIT}/RGB", f"{SPLIT}/thermal_8_bit", "", None, _FLIR_SPLITS, _FLIR, partial=True),
    Layout(
        "flir-16bit",
        f"{SPLIT}/RGB",
        f"{SPLIT}/thermal_16_bit",
        "",
        None,
        _FLIR_SPLITS,
        _FLIR + ", raw counts",
        partial=True,
    ),
    Layout(
        "flir-aligned",
        "JPEGImages",
        "JPEGImages",
        "",
        None,
        _ALIGNED_SPLITS,
        "FLIR aligned: Zhang et al., ICIP 2020",
        endings=("_RGB", "_PreviewData"),
        partial=True,
    ),
    Layout(
        "flir-v2",
        "video_rgb_test/data",
        "video_thermal_test/data",
        "",
        None,
        (),
        "FLIR ADAS 2: Teledyne FLIR, 2022",
        name_map="rgb_to_thermal_vid_map.json",
        partial=True,
    ),
    Layout("visible-infrared", "visible", "infrared", "", None, (), TWO_FOLDERS),
    Layout("visible-thermal", "visible", "thermal", "", None, (), TWO_FOLDERS),
    Layout("rgb-ir", "rgb", "ir", "", None, (), TWO_FOLDERS),
)
"""Known layouts, tried in this order. Any data set fits the first one: two folders ``vi`` and ``ir``."""


def fitting_layout(folder: Path, layouts: tuple[Layout, ...] = LAYOUTS) -> Layout | None:
    """Return the layout that a folder is in, None if there is none; folders that are written exactly so come first."""
    fitting = [layout for layout in layouts if layout.fits(folder)]
    return next((layout for layout in fitting if _is_exact(folder, layout)), fitting[0] if fitting else None)


def _is_exact(root: Path, layout: Layout) -> bool:
    return any(all((root / name).is_dir() for name in layout.folders(split)[:2]) for split in layout.splits or ("",))


def get_layout(name: str) -> Layout:
    """Return a layout by name.

    Raises:
        DataError: there is no layout of that name.
    """
    for layout in LAYOUTS:
        if layout.name == name:
            return layout
    raise DataError(f"unknown layout '{name}'; known: {', '.join(layout.name for layout in LAYOUTS)}")
