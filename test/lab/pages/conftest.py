# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One Chromium for the tests of a file."""

import pytest

from test.lab.pages.browser import CHROMIUM, Browser


@pytest.fixture(scope="module")
def browser():
    """A real browser; without one the tests are skipped."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here; apt install chromium")
    made = Browser()
    yield made
    made.close()
