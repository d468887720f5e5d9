# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT plans on disk: what a plan fits, where it lies, and when it is stale.

A plan runs on the very GPU, TensorRT version and platform it was built on, so its identity is part of
the file name and of the description inside; a change of any part is a different file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from fusion_perception.documents.strict_json import DocumentError, Fields, check_choice, check_integer, check_text
from fusion_perception.engine.metadata import MAX_SIDE, PRECISIONS, ModelMetadata
from fusion_perception.engine.model_file import PLAN_MAGIC
from fusion_perception.engine.sealed_file import read_sealed, write_sealed
from fusion_perception.errors import ModelError
from fusion_perception.files.atomic_file import cannot_write

PLAN_SCHEMA = 1
"""Highest schema of the plan description that this package writes and reads."""

TIMING_MAGIC = b"FPTIME\r\n"

_SAME = ("library", "attribution")  # a plan of the model with these is an older one
_NAME = 200  # longest name of a GPU or version, in characters

LIBRARIES = ("tensorrt", "tensorrt-rtx")
"""What builds and runs plans."""


def build_command(library: str = "tensorrt", model: object = "MODEL.onnx") -> str:
    """Return the command that builds the plans of a model for a library."""
    return f"`fusion-perception build {model}{' --for rtx' if library == 'tensorrt-rtx' else ''}`"


def build_again(library: str = "tensorrt") -> str:
    """Return the next step where a plan is of no use."""
    return f"build it again with {build_command(library)}"


@dataclass(frozen=True)
class PlanIdentity:
    """Everything that decides whether a plan may be used.

    Attributes:
        model_sha256: digest of the ONNX file.
        tensorrt: version of the library.
        gpu: name of the GPU; ``"any"`` where the plan is not bound to one.
        sm: its compute capability, for example ``"8.7"``; ``"8.0+"`` for 8.0, 8.6, 8.9, 12.0 and later.
        machine: processor architecture, for example ``"aarch64"``.
        precision: precision stored in the graph.
        height: input height in pixels.
        width: input width in pixels.
        attribution: the plan computes the attribution.
        dla_core: number of the DLA core it runs on, or None for the GPU.
        tf32: FP32 products may be rounded to TF32.
        library: that built it and runs it, also the name of its backend.
    """

    model_sha256: str
    tensorrt: str
    gpu: str
    sm: str
    machine: str
    precision: str
    height: int
    width: int
    attribution: bool
    dla_core: int | None = None
    tf32: bool = False
    library: str = "tensorrt"

    def __post_init__(self) -> None:
        """Check every part; DocumentError (a ValueError) says which is not allowed."""
        check_text(self.model_sha256, "model_sha256", 64)
        for name in ("tensorrt", "gpu", "sm", "machine"):
            check_text(getattr(self, name), name, _NAME)
        check_choice(self.precision, "precision", PRECISIONS)
        check_integer(self.height, "height", 1, MAX_SIDE)
        check_integer(self.width, "width", 1, MAX_SIDE)
        if self.dla_core is not None:
            check_integer(self.dla_core, "dla_core", 0, 63)
        check_choice(self.library, "library", LIBRARIES)
        for name in ("attribution", "tf32"):
            if not isinstance(getattr(self, name), bool):
                raise DocumentError(f"{name} is {getattr(self, name)!r}; allowed: true, false")

    def key(self) -> str:
        """Return 16 hexadecimal digits that stand for the identity."""
        parts = asdict(self)
        if self.library == "tensorrt":
            del parts["library"]  # so that plans of earlier releases keep their names
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def differences(self, other: PlanIdentity) -> list[str]:
        """Return one phrase per differing part, ``other`` being what is needed here."""
        phrases = []
        for part in fields(self):
            mine, needed = getattr(self, part.name), getattr(other, part.name)
            if mine != needed:
                if part.name == "model_sha256":
                    mine, needed = mine[:12], needed[:12]
                phrases.append(f"{part.name} {mine} instead of {needed}")
        return phrases


@dataclass(frozen=True)
class Plan:
    """A plan that was read and checked.

    Attributes:
        path: where it was read.
        identity: what it fits.
        metadata: the model's own document.
        build: how it was built: seconds, options, parity figures.
        body: the bytes for TensorRT.
    """

    path: Path
    identity: PlanIdentity
    metadata: ModelMetadata
    build: dict[str, Any] = field(default_factory=dict)
    body: memoryview = field(default_factory=lambda: memoryview(b""))


def write_plan(
    path: Path, identity: PlanIdentity, metadata: ModelMetadata, build: dict[str, Any], body: bytes | memoryview
) -> None:
    """Write a plan with its description, atomically; ModelError if the folder cannot be written."""
    header = {
        "schema_version": PLAN_SCHEMA,
        "identity": asdict(identity),
        "metadata": metadata.to_json(),
        "build": build,
    }
    write_sealed(path, PLAN_MAGIC, header, body)


def read_plan(path: str | Path, library: str = "tensorrt") -> Plan:
    """Read a plan; nothing of it reaches TensorRT.

    Args:
        path: of the plan.
        library: that is said to have built it, for the next step where the file does not tell.

    Raises:
        ModelError: missing, damaged, cut short, foreign, or of a newer schema.
    """
    path = Path(path)
    sealed = read_sealed(path, PLAN_MAGIC, what="TensorRT plan", again=build_again(library))
    document = Fields(sealed.header)
    version = document.get("schema_version", None)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ModelError(f"{path} has no schema_version; {build_again(library)}")
    if version > PLAN_SCHEMA:
        raise ModelError(
            f"{path} has plan schema {version}, this package reads up to {PLAN_SCHEMA}; "
            "update fusion_perception, or build the plan again"
        )
    try:
        raw = Fields(document.get("identity"), "identity")
        given = {part.name: raw.get(part.name) for part in fields(PlanIdentity) if part.name != "library"}
        identity = PlanIdentity(**given, library=raw.get("library", "tensorrt"))
        text = document.get("metadata")
        if not isinstance(text, str):
            raise DocumentError("metadata is no text")
        document.get("build")
        build = document.free("build")
    except ValueError as error:
        raise ModelError(f"{path} has a description that cannot be used: {error}; {build_again(library)}") from error
    if not sealed.body:
        raise ModelError(f"{path} holds a description but no plan; {build_again(library)}")
    return Plan(path, identity, ModelMetadata.from_json(text, str(path)), build, sealed.body)


def check_plan(plan: Plan, needed: PlanIdentity) -> None:
    """Raise ModelError, naming every difference, unless the plan fits."""
    differences = plan.identity.differences(needed)
    if differences:
        raise ModelError(
            f"{plan.path} was built for other conditions: {'; '.join(differences)}; {build_again(needed.library)}"
        )


def default_cache_dir() -> Path:
    """Return ``$FUSION_PERCEPTION_CACHE``, else ``fusion_perception`` in the user's cache folder.

    Raises:
        ModelError: neither is known.
    """
    own = os.environ.get("FUSION_PERCEPTION_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "fusion_perception"
    try:
        return Path("~").expanduser() / ".cache" / "fusion_perception"
    except RuntimeError as error:
        raise ModelError(
            "plans are kept in the home folder, which is not known (HOME is not set, and this user has no entry in "
            "/etc/passwd); set FUSION_PERCEPTION_CACHE to a folder for them"
        ) from error


class PlanCache:
    """The folder of plans and timing caches.

    Args:
        folder: None for ``default_cache_dir()``.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder) if folder is not None else default_cache_dir()

    def check_writable(self) -> None:
        """Make the folder; ModelError where no plan can be written there, before one was built for nothing."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder):
                pass
        except OSError as error:
            raise ModelError(str(cannot_write(self.folder, error))) from error

    def path_of(self, identity: PlanIdentity, model_name: str) -> Path:
        """Return where the plan of this identity lies, whether it exists or not."""
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", model_name)[:40].strip("-") or "model"
        variant = "attribution" if identity.attribution else "plain"
        return self.folder / f"{name}-{identity.width}x{identity.height}-{variant}-{identity.key()}.plan"

    def load(self, identity: PlanIdentity, model_name: str) -> Plan | None:
        """Return the plan of this identity, or None if there is none.

        Raises:
            ModelError: there is one, but damaged or not what its name says.
        """
        path = self.path_of(identity, model_name)
        if not path.is_file():
            return None
        plan = read_plan(path, identity.library)
        check_plan(plan, identity)
        return plan

    def of_model(self, model_sha256: str) -> list[Plan]:
        """Return the plans of a model; those that cannot be read are left out."""
        plans = []
        for path in sorted(self.folder.glob("*.plan")):
            try:
                plan = read_plan(path)
            except ModelError:
                continue
            if plan.identity.model_sha256 == model_sha256:
                plans.append(plan)
        return plans

    def stale(self, identity: PlanIdentity) -> list[str]:
        """Return why the other plans of the same model and variant do not fit, one phrase a plan."""
        return [
            f"{plan.path.name} has {', '.join(plan.identity.differences(identity))}"
            for plan in self.of_model(identity.model_sha256)
            if plan.identity != identity
            and all(getattr(plan.identity, part) == getattr(identity, part) for part in _SAME)
        ]

    def timing_path(self, identity: PlanIdentity) -> Path:
        """Return where the builder's timing cache for this TensorRT and GPU lies."""
        parts = (identity.tensorrt, identity.gpu, identity.sm, identity.machine)
        return self.folder / f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}.timing"

    def load_timing(self, identity: PlanIdentity) -> bytes:
        """Return the timing cache; empty if there is none or it is damaged (it is only a speed-up)."""
        try:
            return bytes(read_sealed(self.timing_path(identity), TIMING_MAGIC, what="timing cache", again="").body)
        except ModelError:
            return b""

    def save_timing(self, identity: PlanIdentity, body: bytes) -> None:
        """Write the timing cache, atomically."""
        write_sealed(self.timing_path(identity), TIMING_MAGIC, {"tensorrt": identity.tensorrt}, body)
