# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Which topic of a bag is the thermal camera and which the RGB one: by the user's word, by look, and by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fusion_perception.bags.image_messages import TRANSPORTS
from fusion_perception.bags.picture_look import Look
from fusion_perception.errors import DataError

NONE = "none"
"""Choice of a user for a camera that shall be left out."""

OPTIONS = "--thermal-topic and --rgb-topic (bag_thermal_topic and bag_rgb_topic of replay_node)"
"""How a user names topics."""

_THERMAL_NAME = re.compile(r"(^|[/_])(thermal|ir|lwir|infrared|infra|boson|lepton|flir|seek|optris)\d*([/_]|$)", re.I)
_RGB_NAME = re.compile(r"(^|[/_])(rgb|color|colour|visible|vis|vi|eo)\d*([/_]|$)", re.I)
_OWN_NAME = re.compile(r"(^|/)fusion/")  # results of an earlier run in the same bag
_NO_CAMERA = re.compile(
    r"(^|[/_])(depth|disparity|mask|labels?|segmentation|overlay|debug|aligned_depth\w*)([/_]|$)", re.I
)
_BY_NAME = 2  # how much a name speaks for a camera; see Look.thermal


@dataclass(frozen=True)
class Choice:
    """The topics of the two cameras.

    Attributes:
        thermal: topic of the thermal camera; empty when there is none.
        rgb: topic of the RGB camera; empty when there is none.
        remarks: sentences about what is doubtful.
    """

    thermal: str
    rgb: str
    remarks: tuple[str, ...] = ()


def choose_topics(topics: Mapping[str, Look | None], thermal: str, rgb: str, source: str) -> Choice:
    """Tell the thermal from the RGB topic.

    Args:
        topics: image topics that have messages, and what their images look like, as far as that is known.
        thermal: the user's choice, ``NONE``, or empty.
        rgb: the user's choice, ``NONE``, or empty.
        source: name of the bag for messages.

    Raises:
        DataError: a chosen topic does not exist, or the choice is not clear.
    """
    thermal, rgb = (_chosen(topics, name, source) for name in (thermal, rgb))
    if thermal == rgb != "":
        raise DataError(f"{source}: both cameras are to be '{thermal}'; give two topics, or '{NONE}' for one of them")
    if thermal and rgb:
        return Choice(thermal.replace(NONE, ""), rgb.replace(NONE, ""))
    candidates = candidate_topics(topics)
    if not candidates:
        if thermal not in {"", NONE} or rgb not in {"", NONE}:
            return Choice(thermal.replace(NONE, ""), rgb.replace(NONE, ""))
        raise DataError(f"{source} has no images of a camera; its image topics: {', '.join(topics) or 'none'}")
    scores = {topic: _score(topic, topics[topic]) for topic in candidates}
    free = [topic for topic in candidates if topic not in {thermal, rgb}]
    if not free or (len(candidates) == 1 and not thermal and not rgb):
        return _one_camera(scores, topics, thermal, rgb)
    hot, cold = thermal, rgb
    if not hot:
        hot = _extreme({topic: scores[topic] for topic in free}, 1)
        free = [topic for topic in free if topic != hot]
    if hot and not cold:
        cold = _extreme({topic: scores[topic] for topic in free}, -1)
    told_apart = bool(thermal or rgb) or (hot and cold and scores[hot] - scores[cold] >= _BY_NAME)
    if not (hot and cold and told_apart):
        raise DataError(
            f"{source}: cannot tell the thermal from the RGB topic among: {', '.join(topics)}; name them by {OPTIONS}"
        )
    remarks = [
        f"{source}: {topic} is taken for the {camera} camera because its images have {look.text}, although its name "
        f"says otherwise; if that is wrong, name the topics by {OPTIONS}"
        for topic, camera, sign in ((hot, "thermal", 1), (cold, "RGB", -1))
        if topic in topics and (look := topics[topic]) is not None and not (thermal or rgb)
        if _name_score(topic) * sign < 0
    ]
    return Choice(hot.replace(NONE, ""), cold.replace(NONE, ""), tuple(remarks))


def candidate_topics(topics: Sequence[str] | Mapping[str, Look | None]) -> list[str]:
    """Return the topics that may be cameras: no results, no depth, no copies of another one."""
    cameras = [topic for topic in topics if not _OWN_NAME.search(topic)]
    cameras = [topic for topic in cameras if not _is_copy(topic, cameras)]
    return [topic for topic in cameras if not _NO_CAMERA.search(topic)] or cameras


def _chosen(topics: Mapping[str, Look | None], name: str, source: str) -> str:
    """Return the topic that a user means: without its first slash, or the raw name of compressed images."""
    if not name or name == NONE or name in topics:
        return name
    for base in (name, f"/{name}"):
        for found in (base, *(f"{base}/{transport}" for transport in TRANSPORTS)):
            if found in topics:
                return found
    raise DataError(f"{source} has no image topic '{name}'; it has: {', '.join(topics) or 'none'}")


def _one_camera(scores: Mapping[str, int], topics: Mapping[str, Look | None], thermal: str, rgb: str) -> Choice:
    """There is one camera, or the user has named the only one."""
    if thermal not in {"", NONE}:
        return Choice(thermal, "")
    if rgb not in {"", NONE}:
        return Choice("", rgb)
    (topic,) = scores
    is_thermal = rgb == NONE or (thermal != NONE and scores[topic] > 0)
    camera, other = ("thermal", "RGB") if is_thermal else ("RGB", "thermal")
    look = topics[topic]
    because = f" (its images have {look.text})" if look is not None else ""
    remark = (
        f"{topic} is the only camera, and taken for the {camera} one{because}: results rest on it alone; if it is the "
        f"{other} one, say so by --{other.lower()}-topic {topic}"
    )
    return Choice(topic, "", (remark,)) if is_thermal else Choice("", topic, (remark,))


def _score(topic: str, look: Look | None) -> int:
    return _name_score(topic) + (0 if look is None else look.thermal)


def _name_score(topic: str) -> int:
    return _BY_NAME * (bool(_THERMAL_NAME.search(topic)) - bool(_RGB_NAME.search(topic)))


def _extreme(scores: Mapping[str, int], sign: int) -> str:
    """Return the topic with the highest (or lowest) score; empty when two share it."""
    ordered = sorted(scores, key=lambda topic: sign * scores[topic], reverse=True)
    if not ordered or (len(ordered) > 1 and scores[ordered[0]] == scores[ordered[1]]):
        return ""
    return ordered[0]


def _is_copy(topic: str, topics: Sequence[str]) -> bool:
    """Whether a topic has the images of another one, compressed; raw ones are preferred."""
    base, _, transport = topic.rpartition("/")
    if transport not in TRANSPORTS:
        return False
    better = [base, *(f"{base}/{name}" for name in TRANSPORTS[: TRANSPORTS.index(transport)])]
    return any(other in topics for other in better)
