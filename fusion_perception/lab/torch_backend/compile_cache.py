# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Inductor's cache: in our cache folder, and filled by a process of its own.

Compiling takes half a minute and holds Python's lock for much of it: a node that did that itself would miss pairs. What
that process has compiled the node finds on the disk, and its own part takes seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from fusion_perception.engine.plan_cache import default_cache_dir
from fusion_perception.errors import BackendError, DataError
from fusion_perception.files.atomic_file import cannot_write, write_bytes
from fusion_perception.text import printable

_VARIABLE = "TORCHINDUCTOR_CACHE_DIR"
_COMMAND = "import sys; from fusion_perception.lab.torch_backend.compile_process import main; sys.exit(main())"


@dataclass(frozen=True)
class CompileRequest:
    """What to compile: arguments of ``torch_backend.open.open_torch``, and which of its networks.

    Attributes:
        model: path of the checkpoint, or of the ONNX file beside it.
        device: ``"cpu"`` or ``"cuda:N"``.
        precision: ``"fp32"``, ``"fp16"`` or ``"bf16"``.
        attribution_steps: path points of the attribution by gradient, or None.
        attribution_method: of ``DeployConfig``.
        height: image height in pixels, or None for the model's.
        width: image width in pixels, or None.
        channels_last: memory layout of the weights, or None.
        cuda_graph: whether the engine captures one.
        cache_dir: our cache folder, or None for the user's.
        attribution: compile the network with attribution.
    """

    model: str
    device: str
    precision: str
    attribution_steps: int | None = None
    attribution_method: str = "auto"
    height: int | None = None
    width: int | None = None
    channels_last: bool | None = None
    cuda_graph: bool = True
    cache_dir: str | None = None
    attribution: bool = False


def private_cache(cache_dir: str | Path | None = None) -> Path:
    """Return the folder for Inductor's cache, and tell Inductor, unless the user has told it another one.

    Inductor trusts what it finds there, so it has to belong to the user and to be closed to others.

    Raises:
        BackendError: it does not, or cannot be made.
    """
    given = os.environ.get(_VARIABLE)
    folder = Path(given) if given else (Path(cache_dir) if cache_dir else default_cache_dir()) / "inductor"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        raise BackendError(str(cannot_write(folder, error))) from error
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise BackendError(
            f"{folder} holds programs and can be written by others; chmod 700 it, or set {_VARIABLE} to another folder"
        )
    os.environ[_VARIABLE] = str(folder.resolve())
    return folder


class CacheFiller:
    """Has Inductor's cache filled by a process, once for each network.

    Args:
        request: what is compiled; ``attribution`` is set for each call.
        key: stands for everything that the compiled code depends on beside the request: model, torch, GPU.
        command: the process to start, for tests.
    """

    def __init__(self, request: CompileRequest, key: str, *, command: list[str] | None = None) -> None:
        self._request, self._key = request, key
        self._command = command or [sys.executable, "-c", _COMMAND]
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    def fill(self, attribution: bool) -> None:
        """Fill the cache, unless that was done before.

        Raises:
            BackendError: the compiler does not work here.
        """
        mark = private_cache(self._request.cache_dir) / f"{self._key}{'-attribution' * attribution}.filled"
        if mark.exists():
            return
        request = json.dumps({**asdict(self._request), "attribution": attribution})
        with subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            self._process = process
            if self._stopped:  # in the moment between
                process.kill()
            said, _ = process.communicate(request)
        if self._stopped:
            return
        if process.returncode != 0:
            why = printable(said.strip().rpartition("\n")[2], 300) or f"its process ended with {process.returncode}"
            raise BackendError(why)
        with suppress(DataError):  # it is filled all the same, and asked once more the next time
            write_bytes(mark, b"")

    def stop(self) -> None:
        """End the process, if there is one."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()
