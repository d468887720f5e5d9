# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The document that the recorder leaves: ``recording.json``, schema ``fusion_perception.recording``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fusion_perception.documents.document_schema import Schema
from fusion_perception.documents.typed_document import INLINE, Count
from fusion_perception.health import MapShares, RunEvent


@dataclass(frozen=True)
class TopicMessages:
    """What came on one topic.

    Attributes:
        message_type: for example ``"sensor_msgs/msg/Image"``.
        encoding: of its images; empty for other messages.
        messages: how many came.
        total_bytes: serialized size of all.
        stamps_ns: header stamp of each.
        published_ns: time of publication of each, or of reception where the middleware does not tell.
    """

    message_type: str
    encoding: str
    messages: Count
    total_bytes: Count
    stamps_ns: tuple[int, ...]
    published_ns: tuple[int, ...]

    @property
    def latencies_ms(self) -> list[float]:
        """Publication minus camera stamp of every message in milliseconds."""
        return [(published - stamp) / 1e6 for published, stamp in zip(self.published_ns, self.stamps_ns, strict=True)]


@dataclass(frozen=True)
class StampedShares:
    """Shares of the classes and sensors in one result, and its stamp."""

    stamp_ns: int
    shares: Annotated[MapShares, INLINE]


@dataclass(frozen=True, kw_only=True)
class RecordingDocument:
    """A recorded run, without its pictures.

    Attributes:
        schema: kind of the document.
        schema_version: of its meaning.
        topics: relative name -> what came.
        diagnostics: the node's latest figures.
        bag_results: results in the bag, which is kept small.
        tells_publication: whether the middleware tells the time of publication.
        frames_ns: stamp of the result that each frame of the film shows.
        classes: names of the classes.
        palette: their colours, red, green and blue.
        shares: of results that are spread evenly over the run.
        events: what the node complained of, what it dropped and refused, and when.
    """

    schema: Literal["fusion_perception.recording"] = "fusion_perception.recording"
    schema_version: Literal[1] = 1
    topics: dict[str, TopicMessages]
    diagnostics: dict[str, str]
    bag_results: Count = 0
    tells_publication: bool = False
    frames_ns: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    palette: tuple[tuple[int, ...], ...] = ()
    shares: tuple[StampedShares, ...] = ()
    events: tuple[RunEvent, ...] = ()


RECORDING = Schema(
    "fusion_perception.recording", 1, RecordingDocument, "recording of a run", "run the demonstration again", said=False
)
"""How recordings are read and written; those of 0.1 did not say what they are."""
