# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from fusion_perception.errors import DataError
from fusion_perception.lab.training.session.data import TrainingData, check_labels, gather_tasks, with_turns
from fusion_perception.labels import MSRS9
from test.lab.training.scenes import samples


def test_labels_outside_of_the_label_set_are_refused() -> None:
    chosen = samples(2)
    check_labels(chosen, MSRS9)
    chosen[1].labels[0, 0] = 9
    with pytest.raises(DataError, match=r"has label id 9; label set .msrs9. has 0\.\.8"):
        check_labels(chosen, MSRS9)


def test_tasks_are_the_conditions_of_the_data_where_there_are_no_others() -> None:
    night, day = samples(4)[:2], samples(4)[2:]
    assert gather_tasks([*night, *day], []) == {"night": night, "day": day}
    assert gather_tasks(night, [{"MRI_PET": day}, {"MRI_PET": night}]) == {
        "main": night,
        "MRI_PET": day,
        "MRI_PET2": night,
    }


def test_complete_samples_are_drawn_more_often() -> None:
    whole, partial = samples(2)
    partial = replace(partial, complete=False)
    assert with_turns([whole, partial], 1) == [whole, partial]
    assert with_turns([whole, partial], 3) == [whole, partial, whole, whole]
    assert with_turns([whole, whole], 3) == [whole, whole]


def test_the_digest_follows_names_order_and_parts() -> None:
    one, two = samples(2)
    digests = [
        TrainingData([one, two], [], []).digest(),
        TrainingData([two, one], [], []).digest(),
        TrainingData([one], [two], []).digest(),
        TrainingData([one], [], [], {"main": [two]}).digest(),
    ]
    assert len(set(digests)) == 4
    assert TrainingData([one, two], [], samples(3)).digest() == digests[0]  # what is rendered follows from the seed
