# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Drive the real fusion_node with small pairs at the highest rate, and tell how its memory grows.

``python -m test.ros.memory_drive --pairs 20000`` starts a node with the tests' tiny model, sends pairs of 8 x 8 pixels,
and prints one JSON line: anonymous memory after the first ``--warm-up`` pairs and at the end, and bytes a pair.
"""

import argparse
import array
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from test.engine.tiny_model import tiny_model

SIDE = 8
ROOT = Path(__file__).parents[2]
IN_FLIGHT = 3  # pairs sent and not yet matched: fewer than the depth of the queues, so that hardly one is lost


def anonymous_bytes(pid):
    """Memory of a process that no file stands behind, in bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no line 'Anonymous:' in smaps_rollup")


class Driver(Node):
    """Publishes pairs, as many as the node takes."""

    def __init__(self, listen, namespace):
        super().__init__("memory_drive", namespace=namespace)
        self.figures = {}
        self.results = 0
        self.sent = 0
        self.cameras = {
            name: self.create_publisher(Image, f"{name}/image_raw", qos_profile_sensor_data)
            for name in ("thermal", "rgb")
        }
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        if listen:
            self.create_subscription(Image, "fusion/mask", self._on_result, 10)
        self._random = np.random.default_rng(0)

    def _on_result(self, _):
        self.results += 1

    def _on_diagnostics(self, message):
        if message.status[0].name.startswith(f"{self.get_namespace()}/"):  # all nodes of a machine send theirs here
            self.figures = {item.key: item.value for item in message.status[0].values}

    def number(self, key):
        return int(self.figures.get(key, 0))

    def send_pair(self):
        stamp_ns = self.get_clock().now().nanoseconds
        for name, encoding, channels in (("thermal", "mono8", 1), ("rgb", "rgb8", 3)):
            message = Image(height=SIDE, width=SIDE, encoding=encoding, step=SIDE * channels)
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
            message.data = array.array("B", self._random.integers(0, 256, SIDE * SIDE * channels, np.uint8).tobytes())
            self.cameras[name].publish(message)
        self.sent += 1

    def drive(self, until_pairs, pause_s, deadline):
        """Send until the node has matched so many pairs, and return how many it has."""
        while self.number("pairs_matched") < until_pairs:
            if time.monotonic() > deadline:
                raise SystemExit(f"too slow: {self.figures}")
            self.send_pair()
            rclpy.spin_once(self, timeout_sec=0.0)
            time.sleep(pause_s)
        return self.number("pairs_matched")


def measure(pid, pairs, warm_up, listen, namespace, pause_s=0.0005, seconds=300.0):
    """Return the findings on a running node as a dictionary."""
    rclpy.init()
    driver = Driver(listen, namespace)
    deadline = time.monotonic() + seconds
    first_pairs = driver.drive(warm_up, pause_s, deadline)
    first, start = anonymous_bytes(pid), time.monotonic()
    last_pairs = driver.drive(first_pairs + pairs - warm_up, pause_s, deadline)
    last, took_s = anonymous_bytes(pid), time.monotonic() - start
    findings = {
        "pairs": last_pairs - first_pairs,
        "pairs_per_s": round((last_pairs - first_pairs) / took_s),
        "results": driver.number("results"),
        "anonymous_mib": [round(first / 2**20, 2), round(last / 2**20, 2)],
        "bytes_per_pair": round((last - first) / (last_pairs - first_pairs), 1),
        "callback_failures": driver.number("callback_failures"),
    }
    driver.destroy_node()
    rclpy.try_shutdown()
    return findings


def main():
    """Start a node, drive it, print the findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--warm-up", type=int, default=3000)
    parser.add_argument("--idle", action="store_true", help="listen to no result, so that the engine rests")
    parser.add_argument("--diagnostics-period", type=float, default=0.2)
    arguments = parser.parse_args()
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "tiny.onnx"
        model.write_bytes(tiny_model())
        parameters = ["-p", f"model:={model}", "-p", f"diagnostics.period_s:={arguments.diagnostics_period}"]
        command = [sys.executable, "-m", "fusion_perception.ros.fusion_node", "--ros-args", *parameters]
        namespace = f"/memory_{os.getpid()}"
        node = subprocess.Popen([*command, "-r", f"__ns:={namespace}", "--log-level", "error"], cwd=ROOT)
        try:
            findings = measure(node.pid, arguments.pairs, arguments.warm_up, not arguments.idle, namespace)
        finally:
            node.terminate()
            node.wait(20)
    print(json.dumps(findings))


if __name__ == "__main__":
    main()
