# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""An audit of the pairing on random streams: ``python -m test.sync.audit 400`` prints its figures."""

import json
import random
import sys
from collections import Counter
from itertools import pairwise

from fusion_perception.sync import PairMatcher
from fusion_perception.types import Frame
from test.sync.streams import MS, PIXEL, Arrival, merge, mutual_nearest, stream

SECONDS = 20
RATES = (5, 9, 10, 25, 30, 60)


def random_case(seed):
    """Return arrivals, whether all is well with the cameras, and whether their stamps never jump.

    They run free of one another, jitter, lose frames and come late; half of the cases have spells of silence, of frames
    sent twice, of empty or of shifted stamps.
    """
    generator = random.Random(seed)  # noqa: S311 - not for secrets
    clean = generator.random() < 0.5
    kinds = ["silent", "twice"] if generator.random() < 0.5 else ["silent", "zero", "shifted", "twice"]
    orderly = clean or len(kinds) == 2
    arrivals = []
    for sensor in ("thermal", "rgb"):
        rate = generator.choice(RATES)
        camera = stream(
            sensor,
            rate,
            SECONDS,
            start_ms=generator.uniform(0, 1e3 / rate),
            late_ms=generator.uniform(0, 200),
            jitter_ms=generator.uniform(0, 60 / rate),
            drop=generator.choice([0, 0, 0.02, 0.1]),
            seed=seed,
        )
        spells = [] if clean else [generator.uniform(0, SECONDS) for _ in range(2)]
        kind = generator.choice(kinds)
        for item in camera:
            bad = any(0 <= item.at_ns / 1e9 - start < 3 for start in spells)
            if bad and kind == "silent":
                continue
            if bad and kind != "twice":
                item = Arrival(item.at_ns, sensor, 0 if kind == "zero" else item.stamp_ns + 1000 * MS)  # noqa: PLW2901
            arrivals += [item] * (2 if bad and kind == "twice" else 1)
    return merge(arrivals), clean, orderly


def audit(seeds):
    """Feed random cases; returns how often each promise was broken, and how much was looked at."""
    found = Counter()
    for seed in seeds:
        arrivals, clean, orderly = random_case(seed)
        matcher, results = PairMatcher(), []
        sent = {(item.sensor, item.stamp_ns) for item in arrivals}
        for item in arrivals:
            for pair in matcher.add(item.sensor, Frame(PIXEL, item.stamp_ns), item.at_ns, item.at_ns):
                results.append((pair, matcher.tolerance_ns))
        used = {"thermal": [], "rgb": []}
        for pair, tolerance_ns in results:
            for sensor, frame in (("thermal", pair.thermal), ("rgb", pair.rgb)):
                if frame is not None:
                    used[sensor].append(frame.stamp_ns)
                    found["unknown"] += (sensor, frame.stamp_ns) not in sent
            found["pairs" if pair.thermal and pair.rgb else "alone"] += 1
            found["too far"] += abs(pair.offset_ns) > tolerance_ns
        for stamps in used.values():
            given = [stamp_ns for stamp_ns in stamps if stamp_ns]  # every first empty stamp of a spell is a jump back
            found["twice"] += len(given) - len(set(given))
        if orderly:
            stamps = [pair.reference.stamp_ns for pair, _ in results]
            found["out of order"] += sum(later <= earlier for earlier, later in pairwise(stamps))
            found["ordered"] += len(stamps)
        if clean:
            best = set(mutual_nearest(arrivals, matcher.tolerance_ns))
            got = {(pair.thermal.stamp_ns, pair.rgb.stamp_ns) for pair, _ in results if pair.thermal and pair.rgb}
            found["clean pairs"] += len(got)
            found["best"] += len(best)
            found["best found"] += len(best & got)
            found["not mutual nearest"] += len(got - best)
    return found


if __name__ == "__main__":
    print(json.dumps(audit(range(int(sys.argv[1]))), indent=1))
