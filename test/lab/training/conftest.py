# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One thread for the small networks of the training tests: more would mostly wait for each other."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    try:
        import torch
    except ImportError:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
