# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Where the shipped models and configuration files are, however the package was installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from fusion_perception.errors import ModelError

_SHARE = Path("share") / "fusion_perception"


def find_model(name_or_path: str | Path) -> Path:
    """Return the file of a model.

    Args:
        name_or_path: the name of a shipped model (``"realtime"``), or the path of a model file: anything
            with a folder or a suffix in it.

    Raises:
        ModelError: there is no such file; the message names where it was looked for.
    """
    text = str(name_or_path)
    if not text.strip():
        raise ModelError("the model is an empty string; give the name of a shipped model or the path of a file")
    try:
        given = Path(text).expanduser()
    except RuntimeError as error:
        raise ModelError(f"the home folder in the model's path '{text}' is not known; write it out") from error
    if given.suffix or os.sep in text:
        if given.is_file():
            return given
        what = "a folder, not a file" if given.is_dir() else "not there"
        raise ModelError(f"model file '{given}' is {what} (looked from {Path.cwd()}); {_known_models()}")
    try:
        return find_shared(Path("models") / f"{text}.onnx")
    except FileNotFoundError as error:
        raise ModelError(f"there is no model named '{text}': {error}; {_known_models()}") from None


def find_shared(relative: str | Path) -> Path:
    """Return a file that is installed with the package, for example ``config/fastdds.xml``.

    Args:
        relative: path below the package's share folder or the source tree.

    Raises:
        FileNotFoundError: it is not there; the message lists the folders that were searched.
    """
    roots = list(_roots())
    for root in roots:
        if (root / relative).is_file():
            return root / relative
    raise FileNotFoundError(f"{relative} is in none of {', '.join(map(str, roots))}")


def _roots() -> Iterator[Path]:
    """Folders that may hold models/ and config/: the source tree, then installation prefixes."""
    package = Path(__file__).resolve().parent
    if (package.parent / "package.xml").is_file():
        yield package.parent
    prefixes = [Path(prefix) for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    prefixes += [*package.parents, Path(sys.prefix)]  # .../lib/python3.x/site-packages lies below its prefix
    seen = set()
    for prefix in prefixes:
        root = prefix / _SHARE
        if root not in seen and root.is_dir():
            seen.add(root)
            yield root


def shipped_models() -> list[str]:
    """Return the names of the models that are installed with the package, sorted."""
    return sorted({path.stem for root in _roots() for path in (root / "models").glob("*.onnx")})


def _known_models() -> str:
    names = shipped_models()
    return f"shipped models: {', '.join(names)}" if names else "no shipped model was found; give the path of a file"
