# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the loop that runs callbacks."""

import threading
import time

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed")
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Header

from fusion_perception.ros.spin import spin_until

pytestmark = pytest.mark.ros


class CountingFuture(Future):
    """Counts the callbacks that are added to it."""

    added = 0

    def add_done_callback(self, callback):
        self.added += 1
        super().add_done_callback(callback)


@pytest.fixture
def node(ros):
    node = Node("spinner", context=ros)
    yield node
    node.destroy_node()


def spin(node, ros, done, executor_class=SingleThreadedExecutor):
    """Spin with a limit, and return the failures."""
    limit = threading.Timer(20, lambda: done.done() or done.set_result("too late"))
    limit.start()
    failures = []
    executor = executor_class(context=ros)
    executor.add_node(node)
    spin_until(done, executor, failures.append)
    executor.shutdown()
    limit.cancel()
    assert done.result() is None
    return failures


def test_a_failing_callback_does_not_end_the_others(node, ros):
    done, ticks = Future(), []

    def tick():
        ticks.append(1)
        if len(ticks) == 5:
            done.set_result(None)

    def fail():
        raise RuntimeError("broken")

    node.create_timer(0.01, fail)
    node.create_timer(0.02, tick)
    failures = spin(node, ros, done)
    assert len(failures) >= 5
    assert {str(error) for error in failures} == {"broken"}


def test_an_entity_whose_message_could_not_be_taken_is_heard_again(node, ros):
    class Executor(SingleThreadedExecutor):
        takes = 0

        def _take_subscription(self, subscription):
            self.takes += 1
            if self.takes == 1:
                raise ValueError("no message")
            return super()._take_subscription(subscription)

    done, frames = Future(), []

    def heard(message):
        frames.append(message.frame_id)
        if not done.done():
            done.set_result(None)

    node.create_subscription(Header, "frames", heard, 10)
    publisher = node.create_publisher(Header, "frames", 10)
    sender = threading.Event()

    def send():
        while not sender.wait(0.05):
            publisher.publish(Header(frame_id="here"))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        failures = spin(node, ros, done, Executor)
    finally:
        sender.set()
        thread.join()
    assert [str(error) for error in failures] == ["no message"]
    assert frames


def test_nothing_is_added_to_the_future_turn_by_turn(node, ros):
    done, ticks = CountingFuture(), []

    def tick():
        ticks.append(1)
        if len(ticks) == 50:
            done.set_result(None)

    node.create_timer(0.001, tick)
    spin(node, ros, done)
    assert done.added == 1


def test_it_ends_at_once_when_another_thread_says_so(node, ros):
    done = Future()
    timer = threading.Timer(0.3, done.set_result, (None,))
    start = time.monotonic()
    timer.start()
    assert spin(node, ros, done) == []
    assert time.monotonic() - start < 10  # nothing else wakes it


def test_a_future_that_is_done_and_a_context_that_is_shut_down_end_it(node, ros):
    done = Future()
    done.set_result(None)
    assert spin(node, ros, done) == []
    executor = SingleThreadedExecutor(context=ros)
    executor.add_node(node)
    timer = threading.Timer(0.2, ros.try_shutdown)
    timer.start()
    spin_until(Future(), executor, pytest.fail)
    timer.join()


def test_what_fails_at_once_and_for_ever_does_not_take_a_whole_core(node, ros):
    class Executor(SingleThreadedExecutor):
        turns = 0

        def spin_once(self, timeout_sec=None):
            type(self).turns += 1
            raise RuntimeError("no wait set")

    done = Future()
    threading.Timer(0.6, done.set_result, (None,)).start()
    failures = spin(node, ros, done, Executor)
    assert 2 <= len(failures) < 40
