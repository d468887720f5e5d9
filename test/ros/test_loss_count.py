# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of counting lost messages, without ROS."""

import pytest

from fusion_perception.ros.loss_count import LossCount


def lost(sequences, publishers=1, period_s=0.005, counter=None):
    """Losses counted over messages with these sequence numbers, one a period."""
    counter = counter or LossCount()
    return sum(
        counter.note_message({"publication_sequence_number": number}, lambda: publishers, index * period_s)
        for index, number in enumerate(sequences)
    )


def test_gaps_are_losses():
    assert lost([5, 6, 7]) == 0  # whatever was sent before we came
    assert lost([1, 2, 5, 6, 10]) == 5


def test_messages_pushed_out_of_a_full_queue_are_counted_although_they_are_read_at_once():
    counter = LossCount()
    counter.note_message({"publication_sequence_number": 1}, lambda: 1, 0.0)
    numbers = [16, 17, 18, 24, 25]  # a stall of 100 ms, then the rest of the queue within microseconds
    assert (
        sum(
            counter.note_message({"publication_sequence_number": number}, lambda: 1, 0.1 + 1e-5 * index)
            for index, number in enumerate(numbers)
        )
        == 19
    )


def test_a_driver_that_starts_again_has_lost_nothing():
    assert lost([998, 999, 1, 2, 3]) == 0


def test_a_driver_that_goes_on_after_another_one_has_lost_nothing():
    assert lost([189, 190, 1, 2, 3, 191, 192]) == 0
    assert lost([189, 190, 1, 2, 1, 2, 3, 191, 193]) == 1
    assert lost([189, 190, 1, 2, 5, 6]) == 2


def test_numbers_of_two_publishers_say_nothing():
    assert lost([3, 1000, 4, 1001, 5], publishers=2) == 0


def test_one_of_two_publishers_that_leaves_does_not_make_a_loss():
    counter = LossCount()
    lost([1_000_000, 3], publishers=2, counter=counter)
    assert counter.note_message({"publication_sequence_number": 1_000_001}, lambda: 1, 0.1) == 0


@pytest.mark.parametrize("number", [2_147_483_650, 2**63, -1, -2_147_483_648, 0])
def test_counts_that_cannot_be_are_not_believed(number):
    counter = LossCount()
    assert counter.note_event(number, 0.0) == 0
    assert counter.note_event(7, 0.1) == 7


def test_events_count_where_there_are_no_numbers():
    counter = LossCount()
    assert counter.note_message(None, lambda: 1, 0.0) == 0
    assert counter.note_message({"source_timestamp": 5}, lambda: 1, 0.1) == 0
    assert counter.note_event(12, 0.2) == 12


def test_nothing_is_counted_twice():
    counter = LossCount()
    assert lost([1, 2, 5], counter=counter) == 2
    assert counter.note_event(2, 0.1) == 0
