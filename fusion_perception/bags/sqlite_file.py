# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""One sqlite file of a bag (``.db3``), damaged ones as far as they go."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

from fusion_perception.bags import bag_limits
from fusion_perception.bags.storage import StoredMessage, StoredTopic
from fusion_perception.errors import DataError

_NOTED = 20  # damaged places that are told one by one


class SqliteFile:
    """A sqlite file; see ``Storage``.

    What a recorder that was killed has left beside it (``-wal``) is read as well.

    Args:
        path: the file.

    Raises:
        DataError: it is no bag.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: list[str] = []
        self.ordered = True
        self._names: dict[int, tuple[str, str]] = {}
        self.topics: tuple[StoredTopic, ...] = ()
        self.start_ns = self.end_ns = 0
        try:
            with closing(self._open()) as database:
                rows = database.execute(
                    "SELECT id, name, type, serialization_format FROM topics ORDER BY id"
                ).fetchall()
                self._names = {number: (str(name), str(kind)) for number, name, kind, _ in rows}
                counts = self._counts(database)
                self.topics = tuple(
                    StoredTopic(str(name), str(kind), counts.get(number, 0), str(serialization) or "cdr")
                    for number, name, kind, serialization in rows
                )
                self._read_span(database)
        except sqlite3.Error as error:
            raise DataError(f"{path} cannot be opened as a bag ({error})") from error

    def messages(self, topics: Collection[str], open_bytes: int) -> Iterator[StoredMessage]:
        """Yield the messages of some topics in the order of their times."""
        wanted = {number: names for number, names in self._names.items() if names[0] in topics}
        with closing(self._open()) as database:
            listed = self._listed(database, tuple(wanted))
            lost, reason = 0, ""
            for time_ns, row, number in listed:
                try:
                    found = database.execute(
                        "SELECT length(data), CASE WHEN length(data) <= ? THEN data END FROM messages WHERE id = ?",
                        (bag_limits.MOST_BYTES, row),
                    ).fetchone()
                except sqlite3.Error as error:
                    lost, reason = lost + 1, reason or str(error)
                    continue
                if found is None or not isinstance(found[1], bytes):
                    size = found[0] if found is not None and isinstance(found[0], int) else 0
                    lost, reason = lost + 1, reason or f"one has {size / 1e6:.0f} MB"
                    continue
                yield StoredMessage(time_ns, *wanted[number], found[1])
            if lost:
                self.damage.append(f"{lost} of {len(listed)} messages cannot be read ({reason}) and are left out")

    def _listed(self, database: sqlite3.Connection, numbers: tuple[int, ...]) -> list[tuple[int, int, int]]:
        """Return time, row and topic of messages in the order of their times, without their data."""
        marks = ",".join("?" * len(numbers))
        listed: list[tuple[int, int, int]] = []
        query = f"SELECT timestamp, id, topic_id FROM messages WHERE topic_id IN ({marks})"  # noqa: S608 - only marks
        try:
            for time_ns, row, number in database.execute(query, numbers):
                if isinstance(time_ns, int):
                    listed.append((time_ns, row, number))
        except sqlite3.Error as error:
            self._note(f"its list of messages cannot be read to the end ({error}): read as far as it goes")
        return sorted(listed)

    def _counts(self, database: sqlite3.Connection) -> dict[int, int]:
        counts: dict[int, int] = {}
        try:
            for (number,) in database.execute("SELECT topic_id FROM messages"):
                counts[number] = counts.get(number, 0) + 1
        except sqlite3.Error as error:
            self._note(f"its list of messages cannot be read to the end ({error}): read as far as it goes")
        return counts

    def _read_span(self, database: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            first, last = database.execute("SELECT MIN(timestamp), MAX(timestamp) FROM messages").fetchone()
            if isinstance(first, int) and isinstance(last, int):
                self.start_ns, self.end_ns = first, last

    def _open(self) -> sqlite3.Connection:
        """Open it for reading; the file itself is never changed."""
        log = self.path.with_name(f"{self.path.name}-wal")
        place = self.path.absolute().as_uri()
        if log.is_file() and log.stat().st_size:
            with suppress(sqlite3.Error):
                database = sqlite3.connect(f"{place}?mode=ro", uri=True)
                database.execute("SELECT count(*) FROM topics").fetchone()
                return database
            self._note(f"what is in {log.name} cannot be read and is left out")
        return sqlite3.connect(f"{place}?mode=ro&immutable=1", uri=True)

    def _note(self, sentence: str) -> None:
        if sentence not in self.damage and len(self.damage) < _NOTED:
            self.damage.append(sentence)
