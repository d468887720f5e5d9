# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""How the images of a bag become pairs: which topics, by which clock, and how far the two clocks are apart."""

from __future__ import annotations

from dataclasses import dataclass

from fusion_perception.bags.bag_reader import BagReader
from fusion_perception.bags.image_messages import IMAGE_TYPES, UNREAD_TYPES
from fusion_perception.bags.storage import SERIALIZATIONS
from fusion_perception.bags.topic_choice import candidate_topics, choose_topics
from fusion_perception.bags.topic_survey import TopicSurvey, survey
from fusion_perception.errors import DataError

LARGEST_LAG_NS = 300_000_000
"""Difference between the two cameras' usual age on arrival above which their clocks are taken to differ. A camera that
really sends so late is rarer than two clocks that nobody has set."""

_WORTH_TELLING_NS = 50_000_000  # smaller differences are the usual way of two cameras


@dataclass(frozen=True)
class PairingPlan:
    """How a bag is read.

    Attributes:
        thermal_topic: topic of the thermal camera; empty when there is none.
        rgb_topic: topic of the RGB camera; empty when there is none.
        by_receipt: the times at which images were recorded stand for their stamps.
        thermal_offset_ns: added to thermal stamps before they are compared.
        remarks: sentences for the user.
        surveys: what was seen of the image topics, by name.
    """

    thermal_topic: str
    rgb_topic: str
    by_receipt: bool
    thermal_offset_ns: int
    remarks: tuple[str, ...]
    surveys: dict[str, TopicSurvey]

    @property
    def sensors(self) -> dict[str, str]:
        """Topic -> ``"thermal"`` or ``"rgb"``."""
        both = {self.thermal_topic: "thermal", self.rgb_topic: "rgb"}
        return {topic: sensor for topic, sensor in both.items() if topic}


def plan_pairing(
    bag: BagReader, thermal_topic: str = "", rgb_topic: str = "", thermal_offset_ms: float | None = None
) -> PairingPlan:
    """Look at the first images of a bag and plan how it is read.

    Args:
        bag: the open bag.
        thermal_topic: the user's choice, ``"none"``, or empty.
        rgb_topic: the user's choice, ``"none"``, or empty.
        thermal_offset_ms: added to thermal stamps; None finds out whether the clocks differ.

    Raises:
        DataError: there are no images, or the two topics cannot be told apart.
    """
    name = str(bag.path)
    images = [topic for topic in bag.topics.values() if topic.message_type in IMAGE_TYPES and topic.messages]
    topics = [topic.name for topic in images if topic.serialization in SERIALIZATIONS]
    if not topics:
        raise DataError(f"{name} has no image topic that can be read{_why_not(bag)}")
    chosen = {thermal_topic, rgb_topic}
    surveys = {topic: survey(bag, topic) for topic in topics if topic in chosen or topic in candidate_topics(topics)}
    looks = {topic: surveys[topic].look if topic in surveys else None for topic in topics}
    choice = choose_topics(looks, thermal_topic, rgb_topic, name)
    for topic in filter(None, (choice.thermal, choice.rgb)):
        if topic not in surveys:  # the user has named it in another way
            surveys[topic] = survey(bag, topic)
    remarks = list(choice.remarks)
    faults = {topic: surveys[topic].stamp_fault for topic in (choice.thermal, choice.rgb) if topic}
    by_receipt = any(faults.values())
    if by_receipt:
        topic = next(topic for topic in faults if faults[topic])
        remarks.append(
            f"{name}, topic {topic}: {faults[topic]}; the times at which they were recorded stand for the stamps"
            + (" of both cameras" if len(faults) == 2 else "")
        )
    offset_ns = 0
    if thermal_offset_ms is not None:
        offset_ns = round(thermal_offset_ms * 1e6)
    elif choice.thermal and choice.rgb and not by_receipt:
        offset_ns, remark = _clock_offset(surveys[choice.thermal], surveys[choice.rgb], name)
        remarks += filter(None, [remark])
    return PairingPlan(choice.thermal, choice.rgb, by_receipt, offset_ns, tuple(remarks), surveys)


def _clock_offset(thermal: TopicSurvey, rgb: TopicSurvey, name: str) -> tuple[int, str]:
    """Return what to add to thermal stamps, and a sentence about it.

    Both cameras' images were received by one clock, the recorder's. How much later than its stamp an image was received
    is the camera's delay and the difference of its clock; the delays are short.
    """
    if thermal.age_ns is None or rgb.age_ns is None:
        return 0, ""
    offset_ns = thermal.age_ns - rgb.age_ns
    shown = f"{offset_ns / 1e6:+.0f}"
    if abs(offset_ns) > LARGEST_LAG_NS:
        return offset_ns, (
            f"{name}: the clocks of the cameras differ: thermal stamps are {_duration(-offset_ns)} by the times of "
            f"reception, so {shown} ms are added to them; another number (0 for none) is set by --thermal-offset-ms "
            "(bag_thermal_offset_ms of replay_node)"
        )
    if abs(offset_ns) > _WORTH_TELLING_NS:
        later = "later" if offset_ns > 0 else "earlier"
        return 0, (
            f"{name}: thermal images were received {abs(offset_ns) / 1e6:.0f} ms {later} after their stamps than RGB "
            f"images: one camera may just take longer; if it is its clock, give --thermal-offset-ms {shown}"
        )
    return 0, ""


def _duration(time_ns: int) -> str:
    side = "ahead" if time_ns > 0 else "behind"
    seconds = abs(time_ns) / 1e9
    for unit, length in (("years", 31_557_600), ("days", 86_400), ("hours", 3600)):
        if seconds > 2 * length:
            return f"{seconds / length:.1f} {unit} {side}"
    return f"{seconds:.3g} s {side}"


def _why_not(bag: BagReader) -> str:
    """Say what comes near to images in a bag without any."""
    for topic in bag.topics.values():
        if topic.message_type in UNREAD_TYPES:
            return (
                f": {topic.name} is {UNREAD_TYPES[topic.message_type]} ({topic.message_type}); record the raw images, "
                "or those of image_transport 'compressed' or 'ffmpeg'"
            )
        if topic.message_type in IMAGE_TYPES and topic.serialization not in SERIALIZATIONS:
            allowed = " and ".join(SERIALIZATIONS)
            return f": {topic.name} is serialized as '{topic.serialization}'; allowed: {allowed}, as ROS 2 and 1 record"
        if topic.message_type in IMAGE_TYPES:
            return f": {topic.name} has no messages"
    return f"; its topics: {', '.join(list(bag.topics)[:8]) or 'none'}"
