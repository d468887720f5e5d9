# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One network from several that were trained on from the same state: the mean of their weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fusion_perception.errors import DataError
from fusion_perception.lab.nets.system import System, load_system


def mean_of_checkpoints(paths: Sequence[Path]) -> System:
    """Return a system with the mean of the weights of several checkpoints (one: just that).

    A "model soup" (Wortsman et al., ICML 2022): trainings that go on from one state with other draws end in weights
    whose mean is often better than each. Of trainings from nothing the mean is of no use. Counters are those of the
    first.

    Args:
        paths: files of ``save_system``, one or more.

    Raises:
        DataError: they do not hold the same networks; the message names both files.
        ModelError: a file cannot be read.
    """
    first, *others = (load_system(path)[0] for path in paths)
    states = [first.state_dict(), *(system.state_dict() for system in others)]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    for path, found in zip(paths, shapes, strict=True):
        if found != shapes[0]:
            different = sorted(found.items() ^ shapes[0].items())[0][0]
            raise DataError(
                f"{path} and {paths[0]} hold different networks ('{different}'); average trainings of one recipe only"
            )
    mean = {
        name: sum((state[name] for state in states[1:]), value) / len(states) if value.is_floating_point() else value
        for name, value in states[0].items()
    }
    first.load_state_dict(mean)
    return first
