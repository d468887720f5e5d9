# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import threading

from fusion_perception.lab.torch_backend.compiler import Compiler


def test_in_order_each_after_its_preparation():
    diary = []
    compiler = Compiler(prepare=lambda attribution: diary.append(f"prepare {attribution}"))
    for attribution in (False, True):
        compiler.ask(attribution, lambda a=attribution: diary.append(f"work {a}"), diary.append)
    assert compiler.wait(60)
    compiler.close()
    assert diary == ["prepare False", "work False", "prepare True", "work True"]


def test_a_failure_is_told_and_the_next_one_is_tried():
    told, done = [], []

    def prepare(attribution):
        if not attribution:
            raise RuntimeError("no compiler")

    compiler = Compiler(prepare)
    compiler.ask(False, lambda: done.append(False), told.append)
    compiler.ask(True, lambda: done.append(True), told.append)
    assert compiler.wait(60)
    compiler.close()
    assert [str(error) for error in told] == ["no compiler"]
    assert done == [True]


def test_closing_ends_the_preparation_and_leaves_the_rest():
    begun, ended, done, told = threading.Event(), threading.Event(), [], []

    def prepare(attribution):
        begun.set()
        assert ended.wait(60)

    compiler = Compiler(prepare, stop=ended.set)
    compiler.ask(False, lambda: done.append(False), told.append)
    compiler.ask(True, lambda: done.append(True), told.append)
    assert begun.wait(60)
    assert not compiler.wait(0)
    compiler.close()
    compiler.close()
    compiler.ask(True, lambda: done.append(True), told.append)
    assert compiler.wait(60)
    assert done == told == []


def test_nothing_to_do():
    compiler = Compiler()
    assert compiler.wait(0)
    compiler.close()
