# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from fusion_perception.lab.data.boxes import BOX_LABELS
from fusion_perception.lab.data.synthetic_dataset import SyntheticDataset


def test_names_are_known_without_rendering_and_right():
    dataset = SyntheticDataset(8, height=120, width=160)
    assert len(dataset) == 8
    for i in (0, 3):
        item = dataset[i]
        assert item.name == dataset.names[i]
        assert item.time == ("night" if item.name.endswith("N") else "day")
    assert {name[-1] for name in dataset.names} == {"D", "N"}


def test_labels_and_boxes_speak_of_the_same_objects():
    item = SyntheticDataset(4, height=120, width=160)[0]
    assert item.kind == "masks" and item.annotated is None
    assert item.boxes["fusion"]
    for box in item.boxes["fusion"]:
        assert box.label in BOX_LABELS
        window = item.labels[box.window(*item.labels.shape)]
        assert (window == {"car": 1, "person": 2, "bike": 3}[box.label]).any()
