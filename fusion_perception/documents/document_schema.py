# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of documents: the name and version that a file says of itself, and how it is read and written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from fusion_perception.documents.strict_json import DocumentError, read_object
from fusion_perception.documents.typed_document import check, from_json
from fusion_perception.errors import DataError
from fusion_perception.files.atomic_file import write_json
from fusion_perception.files.text_file import read_text
from fusion_perception.text import printable

T = TypeVar("T")

MAX_BYTES = 1 << 26
"""Largest file of figures that is read: an evaluation lists every pair."""


@dataclass(frozen=True)
class Schema(Generic[T]):
    """One kind of document.

    Attributes:
        name: in its key ``schema``, for example ``"fusion_perception.bench"``.
        version: in its key ``schema_version``: the highest that is read, and the one that is written.
        kind: the dataclass that holds it; its first fields are ``schema`` and ``schema_version``.
        title: what messages call it, for example ``"benchmark document"``.
        again: the next step in messages where one cannot be used, for example ``"run the benchmark again"``.
        said: False: files of the first version did not say ``schema`` and ``schema_version``, and are read too.
    """

    name: str
    version: int
    kind: type[T]
    title: str
    again: str
    said: bool = True

    def read(self, values: Any) -> T:
        """Make a document of JSON values.

        Raises:
            DataError: it is another kind of document, newer than this package, incomplete, or says what is not allowed.
        """
        if not isinstance(values, dict):
            raise DataError(f"this is no {self.title}: it is not a JSON object; {self.again}")
        name = values.get("schema", None if self.said else self.name)
        if name != self.name:
            shown = "missing" if name is None else f"'{printable(name, 80)}'"
            raise DataError(f"this is no {self.title}: its 'schema' is {shown}, not '{self.name}'; {self.again}")
        version = values.get("schema_version", None if self.said else 1)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise DataError(
                f"this {self.title} has the schema_version {printable(repr(version), 80)}; "
                f"allowed: 1 to {self.version}; {self.again}"
            )
        if version > self.version:
            raise DataError(
                f"this {self.title} has schema {version}, this package reads up to {self.version}; "
                "update fusion_perception"
            )
        try:
            return from_json(self.kind, values)
        except DocumentError as error:
            raise DataError(f"this {self.title} cannot be used: {error}; {self.again}") from error

    def read_file(self, path: str | Path) -> T:
        """Read a file; DataError, with its path, if that fails."""
        try:
            values = read_object(read_text(Path(path)), MAX_BYTES)
        except (OSError, ValueError) as error:
            raise DataError(f"{path} is no {self.title}: {error}; {self.again}") from error
        try:
            return self.read(values)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error

    def write(self, document: T) -> dict[str, Any]:
        """Return a document as JSON values that ``read`` accepts.

        Raises:
            DataError: it says what a reader would refuse, such as a number that is not finite.
        """
        try:
            return check(document)
        except DocumentError as error:
            raise DataError(f"this {self.title} cannot be written: {error}") from error

    def write_file(self, path: Path, document: T, *, indent: int | None = 1) -> None:
        """Write a file at once; DataError if that fails."""
        write_json(path, self.write(document), indent=indent)
