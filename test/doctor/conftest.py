# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence

import pytest

from fusion_perception.doctor.surroundings import Output, Surroundings


class Machine:
    """A machine made of files below a folder, variables, and what programs print, by the start of their command."""

    def __init__(self, root):
        self.root, self.environment, self.programs, self.commands = root, {"HOME": str(root)}, {}, []

    def file(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def run(self, command: Sequence[str], patience_s: float = 1.0) -> Output:
        self.commands.append(list(command))
        for program, output in self.programs.items():
            if program in " ".join(command):
                return output
        return Output(None, err=f"{command[0]}: not found")

    @property
    def surroundings(self):
        return Surroundings(self.root, self.environment, self.run)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)
