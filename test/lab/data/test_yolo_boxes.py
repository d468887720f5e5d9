# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from fusion_perception.errors import DataError
from fusion_perception.lab.data.named_boxes import MAX_BOXES, NamedBox
from fusion_perception.lab.data.yolo_boxes import label_files, read_class_names, read_yolo


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_lines_become_boxes(tmp_path):
    write(tmp_path, {"labels/a.txt": "0 0.5 0.5 0.2 0.4\n2 0.1 0.9 0.4 0.4\n", "labels/b.txt": ""})
    file = read_yolo(tmp_path, tmp_path)
    assert (file.path, file.form) == (tmp_path / "labels", "YOLO")
    first, second = file.boxes["a"]
    assert (first.name, second.name) == ("person", "car")
    assert (first.x0, first.y0, first.x1, first.y1) == pytest.approx((0.4, 0.3, 0.6, 0.7))
    assert (second.x0, second.y0, second.x1, second.y1) == pytest.approx((0, 0.7, 0.3, 1))  # cut at the image
    assert file.boxes["b"] == ()


def test_files_of_other_systems_are_read(tmp_path):
    text = "\ufeff1 5e-1 .5 1. 1.0005\r\n\r\n\t0  0.5 0.5 0.5 0.5  \r"
    write(tmp_path, {"labels/a.txt": text, "labels/classes.txt": "\ufeffdog\r\nBig cat\r\n\r\n", "labels/c.png": "x"})
    assert set(label_files(tmp_path)) == {"a"}
    assert read_yolo(tmp_path, tmp_path).boxes == {
        "a": (NamedBox("Big cat", 0, 0, 1, 1), NamedBox("dog", 0.25, 0.25, 0.75, 0.75))
    }
    assert label_files(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("place", ["labels", "train", "."])
@pytest.mark.parametrize("names", ["names: [dog, cat]", "names:\n  1: cat\n  0: dog\nnc: 2\npath: ../x"])
def test_names_of_a_yaml_file(tmp_path, place, names):
    pytest.importorskip("yaml", reason="data.yaml needs PyYAML")
    where = "train/labels" if place == "labels" else place
    write(tmp_path, {"train/labels/a.txt": "1 0.5 0.5 1 1", f"{where}/data.yaml": names})
    assert read_yolo(tmp_path / "train", tmp_path).boxes["a"][0].name == "cat"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 0.5 0.5 0.5", r"line 1: has 4 values \('0 0.5 0.5 0.5'\); allowed: 5 \(class, x of the centre"),
        ("0 0.5 0.5 0.5 0.5 0.9", "line 1: has 6 values .*without confidences"),
        ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.1 0.2", "not outlines"),
        ("0 0.5 0.5 0.5 0.5\n\n3 0.5 0.5 0.5 0.5", "line 3: the class is '3'; allowed: 0 to 2 .without data.yaml"),
        ("-1 0.5 0.5 0.5 0.5", "the class is '-1'"),
        ("1.0 0.5 0.5 0.5 0.5", "the class is '1.0'"),
        ("person 0.5 0.5 0.5 0.5", "the class is 'person'"),
        ("\u0661 0.5 0.5 0.5 0.5", "the class is"),
        ("0 320 0.5 0.5 0.5", "the x of the centre is '320'; allowed: 0 to 1, .*divide pixels by its size"),
        ("0 0.5 -0.1 0.5 0.5", "the y of the centre is '-0.1'"),
        ("0 0.5 0.5 nan 0.5", "the width is 'nan'"),
        ("0 0.5 0.5 0.5 inf", "the height is 'inf'"),
        ("0 0.5 0.5 0.5 1e999", "the height is '1e999'"),
        ("0 0_1 0.5 0.5 0.5", "'0_1'"),
        ("0 0.5 0.5 0 0.5", "the width is 0; allowed: above 0; delete the line"),
        ("0 0.5 0.5 0.5 \x1b[2J", r"the height is '\\x1b"),
        ("0 0.5 0.5 0.5 0.5\n" * (MAX_BOXES + 1), "more than 500 boxes"),
        (b"\xff\xfe0 0.5", "cannot be read"),
    ],
)
def test_wrong_lines_are_named(tmp_path, text, message):
    write(tmp_path, {"labels/a.txt": text})
    with pytest.raises(DataError, match=message) as caught:
        read_yolo(tmp_path, tmp_path)
    assert str(tmp_path / "labels/a.txt") in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("classes.txt", "", "names 0 classes; allowed: 1 to 1000"),
        ("classes.txt", "a\n\nb\n", "the name of class 1 has 0 characters"),
        ("classes.txt", "a\x1b\n", "characters that can be printed"),
        ("classes.txt", "x" * 101, "has 101 characters; allowed: 1 to 100"),
        ("classes.txt", "x\n" * 1001, "names 1001 classes"),
        ("data.yaml", "names: [a, [b]]", "the name of class 1 is a list; allowed: a text"),
        ("data.yaml", "names: {0: a, 2: b}", "its 'names' are no list, and no object with the keys 0 to"),
        ("data.yaml", "names: person", "its 'names' are no list"),
        ("data.yaml", "- a", "its 'names' are no list"),
        ("data.yaml", "", "its 'names' are no list"),
        ("data.yaml", "names: [a", "cannot be read as YAML"),
        ("data.yaml", "names: !!python/object/apply:os.getcwd []", "names 0 classes"),
        ("data.yaml", "[" * 3000, "cannot be read as YAML"),
        ("data.yaml", "#" * 140_000, "has 140000 characters"),
    ],
)
def test_wrong_names_are_told(tmp_path, name, text, message):
    pytest.importorskip("yaml", reason="data.yaml needs PyYAML")
    write(tmp_path, {name: text})
    with pytest.raises(DataError, match=message) as caught:
        read_class_names(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
