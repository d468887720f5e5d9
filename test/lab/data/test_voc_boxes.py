# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes in XML files as data sets are released with them."""

import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.box_annotations import find_boxes
from fusion_perception.lab.data.class_names import DOUBTFUL
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.data.named_boxes import NamedBox
from fusion_perception.lab.data.voc_boxes import read_voc, xml_files
from fusion_perception.labels import MSRS9
from test.lab.data.released import KINDS, SIZE, fill, voc

NAME = "Annotations/a1.xml"


def read(root):
    return read_voc(*xml_files(root))


def annotated(root, text):
    (root / NAME).parent.mkdir(exist_ok=True)
    (root / NAME).write_text(text)
    return root


def test_objects_become_boxes(tmp_path):
    voc(tmp_path / NAME, ("person", -4, 6, 16, 30), ("person?", 32, 12, 64, 48), size=(48, 64))
    voc(tmp_path / "Annotations/set00/V000/I00000.xml")
    file = read(tmp_path)
    assert (file.form, file.path) == ("VOC", tmp_path / "Annotations")
    assert file.boxes == {
        "a1": (NamedBox("person", 0.0, 0.125, 0.25, 0.625), NamedBox("person?", 0.5, 0.25, 1.0, 1.0)),
        "set00/V000/I00000": (),
    }


def test_left_top_and_sides_as_kaist_has_them(tmp_path):
    box = "<bndbox><x>16</x><y>12</y><w>32</w><h>24</h></bndbox>"
    size = "<size><width>64</width><height>48</height></size>"
    text = f"<annotation>{size}<object><name>p</name>{box}</object></annotation>"
    assert read(annotated(tmp_path, text)).boxes == {"a1": (NamedBox("p", 0.25, 0.25, 0.75, 0.75),)}


GOOD = (
    "<annotation><size><width>64</width><height>48</height></size><object><name>car</name><bndbox><xmin>1</xmin>"
    "<ymin>2</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object></annotation>"
)
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + GOOD.replace("car", "&b;")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no xml", "cannot be read as XML"),
        (GOOD[:-5], "cannot be read as XML"),
        ('<?xml version="1.0" encoding="purple"?>' + GOOD, "cannot be read as XML"),
        (LAUGHS, "it has a document type with definitions of its own; allowed: none"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd">' + GOOD, "it has a document type"),
        (GOOD.replace("annotation", "html"), "its outermost element is 'html'; allowed: annotation"),
        (GOOD.replace("size>", "length>"), "the annotation has no size/width"),
        (GOOD.replace("64", "0"), "size is 0 x 48; allowed: 1 to"),
        (GOOD.replace("car", " "), "object 1 has no name"),
        (GOOD.replace("ymax", "bottom"), "object 1 has no bndbox/ymax"),
        (GOOD.replace("20", "nan"), "object 1: bndbox/xmax is 'nan'; allowed: a number of pixels"),
        (GOOD.replace("20", "1"), "allowed: a width and height above 0"),
        (GOOD.replace("<annotation>", "<annotation>" + "<object/>" * 501), "it has 502 objects; allowed: 500"),
        (GOOD + " " * (1 << 20), "it is longer than 1 MiB"),
    ],
    ids=range(14),
)
def test_what_cannot_be_read_is_named(tmp_path, text, message):
    with pytest.raises(DataError, match=message) as caught:
        read(annotated(tmp_path, text))
    assert "a1.xml" in str(caught.value)
    assert "export the annotations again as Pascal VOC" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "form", "pair", "labels"),
    [
        ("LLVIP with its boxes (XML)", "VOC", "a1", ["person"]),
        ("FLIR ADAS 1.3 with its boxes", "COCO", "FLIR_00001", ["car"]),
    ],
)
def test_boxes_of_released_data_sets(tmp_path, name, form, pair, labels):
    (kind,) = [kind for kind in KINDS if kind.name == name]
    found = find_boxes(PairDataset(kind.make(tmp_path), "train"), MSRS9)
    assert found.form == form
    assert [box.label for box in found.of(pair, SIZE, SIZE)] == labels


def test_names_with_folders_and_endings(tmp_path):
    """KAIST has a folder for each sequence, aligned FLIR an ending for each sensor."""
    kaist = next(kind for kind in KINDS if kind.name == "KAIST, all sets").make(tmp_path)
    voc(kaist / "annotations/set00/V001/I00001.xml", ("person?", 1, 1, 9, 9), ("person", 9, 9, 20, 20))
    found = find_boxes(PairDataset(kaist), MSRS9)
    assert [name for name, boxes in found.boxes.items() if boxes] == ["set00_V001_I00001"]
    assert [box.label for box in found.boxes["set00_V001_I00001"]] == [DOUBTFUL, "person"]
    flir = tmp_path / "flir"
    fill(flir, "JPEGImages", "JPEGImages", names=("FLIR_00002",), suffix=".jpg", endings=("_RGB", "_PreviewData"))
    (flir / "align_train.txt").write_text("FLIR_00002_PreviewData\n")
    voc(flir / "Annotations/FLIR_00002_PreviewData.xml", ("person", 1, 1, 9, 9))
    assert list(find_boxes(PairDataset(flir), MSRS9).boxes) == ["FLIR_00002"]


def test_boxes_in_two_forms_are_refused(tmp_path):
    root = fill(tmp_path, "vi", "ir")
    voc(root / "Annotations/a1.xml", ("person", 1, 1, 9, 9))
    (root / "labels").mkdir()
    (root / "labels/a1.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(DataError, match="boxes in two places"):
        find_boxes(PairDataset(root), MSRS9)
