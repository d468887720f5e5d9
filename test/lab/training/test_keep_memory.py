# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
import numpy as np
from fusion_perception.lab.training.keep_memory import keep_freed_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "keep":
    assert keep_freed_memory()
for step in range(3):
    before = faults()
    for megabytes in (64, 96, 48):
        np.empty(megabytes << 20, np.uint8)[::4096] = 1
print(faults() - before)
"""


def faults(how: str) -> int:
    command = [sys.executable, "-c", SCRIPT, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is of the GNU C library")
def test_the_pages_of_freed_memory_are_there_in_the_next_step() -> None:
    assert faults("leave") > 100  # else there would be nothing to mend
    assert faults("keep") < 0.1 * faults("leave")
