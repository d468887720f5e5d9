# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs a second of ``process`` beside those of the bare engine: ``python -m test.processing.throughput``.

It is no test: the machine has to be quiet. The bag is of rendered streets, 480 x 640, thermal and RGB as they come from
a camera. The bare engine runs the same pairs from memory, with all cores, in a process of its own; both have the
attribution. Of ``process`` the time from the first pair that is read to the last file that is complete counts; the
times of the whole commands, start and end included, are told beside it.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fusion_perception.bags.bag_source import BagSource
from fusion_perception.bags.folder_and_bag import folder_to_bag
from fusion_perception.lab.data.open_sequence import SYNTHETIC, open_sequence


def bare(bag, model, attribution):
    """Run all pairs through the engine alone; prints seconds of the pairs."""
    from fusion_perception.engine.open import open_engine
    from fusion_perception.model_store import find_model

    pairs = [(pair.thermal.image, pair.rgb.image) for pair in BagSource(Path(bag))]
    engine = open_engine(find_model(model), "auto", threads=len(os.sched_getaffinity(0)))
    engine.infer(*pairs[0], attribution=attribution)
    started = time.perf_counter()
    for thermal, rgb in pairs:
        engine.infer(thermal, rgb, attribution=attribution)
    print(time.perf_counter() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--model", default="realtime")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--no-attribution", action="store_true")
    parser.add_argument("--bare", help="internal: the bag to run")
    arguments = parser.parse_args()
    if arguments.bare:
        bare(arguments.bare, arguments.model, not arguments.no_attribution)
        return
    options = ["--no-attribution"] * arguments.no_attribution
    with tempfile.TemporaryDirectory(prefix="throughput-") as folder:
        bag = Path(folder) / "bag"
        print(f"rendering {arguments.pairs} pairs")
        folder_to_bag(bag, open_sequence(SYNTHETIC, n_frames=min(arguments.pairs, 40)), bag, 10.0)
        repeat(bag, arguments.pairs)
        command = [sys.executable, "-m", "test.processing.throughput", "--bare", str(bag), "--model", arguments.model]
        started, cpu = time.perf_counter(), cpu_seconds()
        engine_s = float(subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout)
        bare_s, bare_cpu = time.perf_counter() - started, cpu_seconds() - cpu
        command = [sys.executable, "-m", "fusion_perception.cli", "process", str(bag), "--out", f"{folder}/out"]
        command += ["--model", arguments.model, "--jobs", str(arguments.jobs), *options]
        started, cpu = time.perf_counter(), cpu_seconds()
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        process_s, process_cpu = time.perf_counter() - started, cpu_seconds() - cpu
    engine, process = arguments.pairs / engine_s, float(re.findall(r"([\d.]+) a second$", printed, re.MULTILINE)[-1])
    print(f"bare engine: {engine:.1f} pairs/s ({bare_s:.1f} s with its start and the reading of the bag)")
    print(f"process:     {process:.1f} pairs/s from the first pair to the last file ({process_s:.1f} s in all)")
    print(
        f"CPU:         {bare_cpu:.1f} s and {process_cpu:.1f} s with start and end, which a busy machine changes little"
    )
    print(f"share:       {100 * process / engine:.0f} % (start and end included: {100 * bare_s / process_s:.0f} %)")


def cpu_seconds():
    """Seconds of all cores that processes took that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def repeat(bag, pairs):
    """Let the bag have so many pairs, by playing it again and again."""
    from fusion_perception.bags.bag_reader import BagReader
    from fusion_perception.bags.bag_writer import McapWriter, image_bytes, topics_of, write_metadata

    with BagReader(bag) as reader:
        topics = topics_of(reader.topics)
    found = [(pair.thermal.image, pair.rgb.image) for pair in BagSource(bag)]
    (file,) = bag.glob("*.mcap")
    with McapWriter(file, topics) as writer:
        for number in range(pairs):
            thermal, rgb = found[number % len(found)]
            stamp = 10**18 + number * 10**8
            writer.write("/thermal/image_raw", stamp, image_bytes(thermal, "mono8", stamp, "thermal"))
            writer.write("/rgb/image_raw", stamp, image_bytes(rgb, "rgb8", stamp, "rgb"))
    write_metadata(bag, topics, [writer.summary()])


if __name__ == "__main__":
    main()
