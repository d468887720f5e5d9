# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Every file that a person has written says whose it is and under which licence."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEADER = ["# Copyright 2026 The fusion_perception authors", "# SPDX-License-Identifier: Apache-2.0"]
WITH_HEADER = {".py", ".sh", ".yaml", ".yml", ".toml", ".cfg"}


def tracked():
    """Files under version control, and those that are about to be."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout: which files are tracked is not known")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def needs_header(path):
    return path.suffix in WITH_HEADER or path.name == "Makefile" or path.open("rb").read(2) == b"#!"


def test_every_file_says_its_licence():
    paths = [path for path in tracked() if needs_header(path)]
    assert {"Makefile", "run", "setup.py", "params.yaml", "pyproject.toml"} <= {path.name for path in paths}
    without = []
    for path in paths:
        lines = path.read_text(encoding="utf-8").splitlines()[:3]
        if [line for line in lines if not line.startswith("#!")][:2] != HEADER:
            without.append(str(path.relative_to(ROOT)))
    assert not without, f"begin these files with: {' / '.join(HEADER)}"
