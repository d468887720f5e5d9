# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Scenarios of the probe about stamps and losses: cameras that deliver, and cannot be used as they are."""

import numpy as np

NOISE = np.random.default_rng(1)
SHAPE = {"thermal": (48, 80), "rgb": (48, 80, 3)}
ENCODING = {"thermal": "mono8", "rgb": "rgb8"}
SECOND = 10**9

BAD = {
    "zero": lambda now_ns: 0,
    "repeated": lambda now_ns: 1_700_000_000 * SECOND,
    "ahead": lambda now_ns: now_ns + SECOND,
    "behind": lambda now_ns: now_ns - SECOND,
}


def send_image(probe, sensor, stamp_ns=None):
    """One image with something to see that changes: the stamps alone are wrong."""
    probe.send(sensor, NOISE.integers(60, 200, SHAPE[sensor], np.uint8), ENCODING[sensor], stamp_ns)


def send_both(probe, ahead_ns=0, **stamps):
    now_ns = probe.get_clock().now().nanoseconds + ahead_ns
    for sensor in SHAPE:
        send_image(probe, sensor, stamps.get(sensor, now_ns))


def bad_stamps(probe, sensor):
    """Pairs, then for each kind of bad stamps results from the other camera, then pairs again."""
    probe.listen("mask")
    findings = {}
    results = probe.results.setdefault("mask", [])
    good_frame = {"thermal": "rgb_frame", "rgb": "thermal_frame"}[sensor]

    def pairs_come():
        before = probe.number("pairs_matched")
        return probe.spin(
            lambda: probe.number("pairs_matched") >= before + 5 and "degraded" not in probe.message,
            each=lambda: send_both(probe),
        )

    probe.spin(lambda: bool(results), each=lambda: send_both(probe))
    for kind, stamp_of in BAD.items():
        came_back = pairs_come()

        def send(stamp_of=stamp_of):
            send_both(probe, **{sensor: stamp_of(probe.get_clock().now().nanoseconds)})

        said = probe.spin(lambda: f"degraded: bad {sensor} images" in probe.message, each=send)
        message, before = probe.message, len(results)
        alone = probe.spin(lambda before=before: len(results) >= before + 10, each=send) and {
            item.header.frame_id for item in results[before + 2 :]
        } == {good_frame}
        findings[kind] = {"before": came_back, "said": said, "message": message, "alone": alone}
    findings["after"] = pairs_come()
    findings["failures"] = probe.number("failures")
    return findings


def flood(probe):
    """More images at once than any queue holds: what came and what was lost is what was sent."""
    probe.listen("mask")
    probe.spin(lambda: bool(probe.results), each=lambda: send_both(probe))
    sent = 0
    before = [probe.number("received_rgb"), probe.number("lost_rgb")]
    probe.spin(lambda: [probe.number("received_rgb"), probe.number("lost_rgb")] == before, 3)
    probe.spin(lambda: False, 1)
    before = probe.number("received_rgb") + probe.number("lost_rgb")
    for _ in range(5):
        for _ in range(100):
            send_image(probe, "rgb")
        probe.spin(lambda: False, 0.2)
        send_image(probe, "rgb")  # the numbers of those that come late tell what was lost before
        sent += 101
        probe.spin(lambda: False, 0.2)
    probe.spin(lambda: probe.number("received_rgb") + probe.number("lost_rgb") >= before + sent, 5)
    return {
        "sent": sent,
        "known": probe.number("received_rgb") + probe.number("lost_rgb") - before,
        "lost": probe.number("lost_rgb"),
    }


def ahead(probe):
    """Both cameras ten minutes ahead: pairs come, and their latency is no figure."""
    probe.listen("mask")
    probe.spin(
        lambda: probe.number("results") >= 10 and "ahead of this node's clock" in probe.message,
        each=lambda: send_both(probe, 600 * SECOND),
    )
    return {
        "results": probe.number("results"),
        "message": probe.message,
        "level": probe.level,
        "latency": probe.diagnostics.get("latency_ms_p50"),
    }


def free_running(probe):
    """Two cameras of 5 Hz, 78 ms apart."""
    probe.listen("mask")
    stamps = iter(range(10**6))

    def send():
        number = next(stamps)
        now_ns = probe.get_clock().now().nanoseconds
        if number % 2:
            send_image(probe, "thermal", now_ns - 22_000_000)
        else:
            send_image(probe, "rgb", now_ns)

    probe.spin(lambda: probe.number("pairs_matched") >= 10, 12, each=send, period=0.1)
    return {"pairs": probe.number("pairs_matched"), "message": probe.message}


SCENARIOS = {"bad_stamps": bad_stamps, "flood": flood, "ahead": ahead, "free_running": free_running}
