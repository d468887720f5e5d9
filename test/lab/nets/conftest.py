# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One thread for tiny networks: waking a second one costs more than it brings."""

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
