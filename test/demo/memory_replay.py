# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Run the real replay_node or recorder with small pairs at the highest rate, and tell how its memory grows.

``python -m test.demo.memory_replay replay --pairs 20000`` plays pairs of 8 x 8 pixels to one listener;
``python -m test.demo.memory_replay recorder --pairs 20000`` sends cameras, all results and diagnostics to the recorder.
Both print one JSON line: anonymous memory after the first ``--warm-up`` pairs and at the end, and bytes a pair.

Memory is the least during the last ``--window`` pairs before that: a single look would see the work in hand, such as
images, and a chunk of the bag with its index (1 MiB), which is empty again every 600 pairs of 8 x 8 pixels.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from fusion_perception.outputs import OUTPUTS, result_topics
from fusion_perception.ros.conversion import fill_message
from test.engine.tiny_model import tiny_model
from test.ros.memory_drive import ROOT, SIDE, anonymous_bytes

QUEUE = QoSProfile(depth=100)
LOOK_S = 0.03  # between two looks at the memory
SLACK = 20  # pairs on their way: fewer than the depth of any queue


def start(program, parameters):
    """Start a node of the package; it prints its counts, if it does, to a pipe."""
    command = [sys.executable, "-m", f"fusion_perception.demo.{program}", "--ros-args", "--log-level", "error"]
    for name, value in parameters.items():
        command += ["-p", f"{name}:={json.dumps(value)}"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_for(node, condition, seconds=60.0):
    """Spin until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("too slow")
        rclpy.spin_once(node, timeout_sec=0.05)


def least_bytes(pid, work, bytes_now=anonymous_bytes):
    """Return the least memory of a process while ``work`` runs: what it holds when nothing is in hand."""
    seen, done = [bytes_now(pid)], threading.Event()

    def watch():
        while not done.wait(LOOK_S):
            seen.append(bytes_now(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return min(seen)


def findings(pid, advance, pairs, warm_up, window):
    """Return how much memory a process takes for a pair; ``advance`` goes on to so many pairs."""
    advance(warm_up - window)
    first = least_bytes(pid, lambda: advance(warm_up))
    started = time.monotonic()
    advance(pairs - window)
    last = least_bytes(pid, lambda: advance(pairs))
    took_s = time.monotonic() - started
    return {
        "pairs": pairs - warm_up,
        "pairs_per_s": round((pairs - warm_up) / took_s),
        "anonymous_mib": [round(first / 2**20, 2), round(last / 2**20, 2)],
        "bytes_per_pair": round((last - first) / (pairs - warm_up), 1),
    }


def measure_replay(node, folder, *span):
    """Play a folder of images in a loop to this process."""
    import cv2

    for kind, shape in (("vi", (SIDE, SIDE, 3)), ("ir", (SIDE, SIDE))):
        (folder / kind).mkdir()
        for number in range(4):
            cv2.imwrite(str(folder / kind / f"{number}.png"), np.full(shape, number, np.uint8))
    seen = [0]

    def count(_):
        seen[0] += 1

    node.create_subscription(Image, "rgb/image_raw", count, QUEUE)
    replay = start("replay.replay_node", {"source": str(folder), "rate": 1000.0, "loop": True})
    try:
        return findings(replay.pid, lambda until: wait_for(node, lambda: seen[0] >= until, 300), *span)
    finally:
        replay.terminate()
        replay.communicate(timeout=20)


def measure_recorder(node, folder, pairs, *span):
    """Send everything that the recorder listens to, as fast as it takes it."""
    model = folder / "tiny.onnx"
    model.write_bytes(tiny_model())
    topics = ["thermal/image_raw", "rgb/image_raw", *(result.topic for result in result_topics(OUTPUTS))]
    publishers = {topic: node.create_publisher(Image, topic, QUEUE) for topic in topics}
    diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", QUEUE)
    sent = [0]
    grey, colour = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE, 3), np.uint8)
    values = [KeyValue(key=f"key {number}", value="1.25") for number in range(60)]
    recorder = start(
        "recorder.recorder_node", {"out": str(folder), "model": str(model), "expected": pairs, "rate": 1000.0}
    )
    counts = {"pairs": 0, "results": 0}

    def read_counts():
        for line in recorder.stdout:
            counts.update(json.loads(line))

    threading.Thread(target=read_counts, daemon=True).start()

    def send():
        header = Header(frame_id="rgb")
        header.stamp.sec, header.stamp.nanosec = divmod(time.time_ns(), 10**9)
        for topic, publisher in publishers.items():
            flat = topic in {"thermal/image_raw", "fusion/mask", "fusion/confidence", "fusion/attribution"}
            image, encoding = (grey, "mono8") if flat else (colour, "rgb8")
            publisher.publish(fill_message(Image(), image, encoding, header))
        sent[0] += 1
        if sent[0] % 10 == 0:
            diagnostics.publish(DiagnosticArray(header=header, status=[DiagnosticStatus(values=values)]))

    def advance(until):
        base = counts["results"]
        sent_at, results_at = sent[0], base
        deadline = time.monotonic() + 600
        while counts["results"] < until:
            if recorder.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"recorder: {recorder.poll()}, {counts}")
            if (sent[0] - sent_at) - (counts["results"] - results_at) < 4 * SLACK:
                send()
            else:
                sent_at, results_at = sent[0], counts["results"]  # some may have been lost
                time.sleep(0.25)
            time.sleep(0.0005)

    try:
        wait_for(node, lambda: all(publisher.get_subscription_count() for publisher in publishers.values()))
        return findings(recorder.pid, advance, pairs, *span)
    finally:
        recorder.send_signal(2)
        recorder.wait(60)


def main():
    """Start a node, drive it, print the findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", choices=("replay", "recorder"))
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--warm-up", type=int, default=3000)
    parser.add_argument("--window", type=int, default=1000)
    arguments = parser.parse_args()
    span = (arguments.pairs, arguments.warm_up, arguments.window)
    if not 0 < arguments.window < arguments.warm_up <= arguments.pairs - arguments.window:
        parser.error(f"--pairs, --warm-up, --window are {span}; allowed: 0 < window < warm-up <= pairs - window")
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    rclpy.init()
    node = Node("memory_replay")
    measure = measure_replay if arguments.program == "replay" else measure_recorder
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(node, Path(folder), *span)))
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
