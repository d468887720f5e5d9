# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""A process that talks to the nodes under test: one scenario a run, its findings as JSON on standard output."""

import array
import json
import sys
import time

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image

from test.ros.lifecycle_scenarios import late_parameters, lifecycle, wrong_transitions
from test.ros.probe_names import IMAGES
from test.ros.stamp_scenarios import SCENARIOS

HEIGHT, WIDTH = 48, 80
TRANSITIONS = {"configure": 1, "cleanup": 2, "activate": 3, "deactivate": 4, "shutdown": 5}


class Probe(Node):
    """Publishes cameras, collects results and diagnostics."""

    def __init__(self):
        super().__init__("probe")
        self.results = {}
        self.callers = {}
        self.diagnostics = {}
        self.message = self.hardware_id = ""
        self.level = 0
        self.camera = {
            name: self.create_publisher(Image, f"{name}/image_raw", qos_profile_sensor_data)
            for name in ("thermal", "rgb")
        }
        self.info = self.create_publisher(CameraInfo, "rgb/camera_info", 10)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def listen(self, *names):
        for name in names:
            kind = CameraInfo if name == "camera_info" else Image
            self.create_subscription(kind, f"fusion/{name}", lambda m, n=name: self._on_result(n, m), 10)

    def _on_result(self, name, message):
        self.results.setdefault(name, []).append(message)

    def _on_diagnostics(self, message):
        self.message, self.hardware_id = message.status[0].message, message.status[0].hardware_id
        self.level = int.from_bytes(message.status[0].level, "little")
        self.diagnostics = {item.key: item.value for item in message.status[0].values}

    def spin(self, until, seconds=20.0, each=None, period=0.05):
        """Spin until a condition holds; ``each`` is called once a period. Returns whether it came true."""
        end = time.monotonic() + seconds
        due = 0.0
        while time.monotonic() < end:
            if until():
                return True
            if each is not None and time.monotonic() >= due:
                each()
                due = time.monotonic() + period
            rclpy.spin_once(self, timeout_sec=0.02)
        return until()

    def number(self, key):
        return int(self.diagnostics.get(key, -1))

    def send(self, sensor, image, encoding, stamp_ns=None, **changes):
        message = Image(height=image.shape[0], width=image.shape[1], encoding=encoding, step=image.strides[0])
        stamp_ns = self.get_clock().now().nanoseconds if stamp_ns is None else stamp_ns
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        message.header.frame_id = f"{sensor}_frame"
        message.data = array.array("B", image.tobytes())
        for name, value in changes.items():
            setattr(message, name, value)
        self.camera[sensor].publish(message)

    def send_pair(self, stamp_ns=None):
        stamp_ns = self.get_clock().now().nanoseconds if stamp_ns is None else stamp_ns
        self.send("thermal", np.full((HEIGHT, WIDTH), 200, np.uint8), "mono8", stamp_ns)
        self.send("rgb", np.full((HEIGHT, WIDTH, 3), 90, np.uint8), "rgb8", stamp_ns)

    def call(self, kind, name, request):
        # A client is kept: the first answer to a new one is lost when the server has not found it yet.
        is_new = name not in self.callers
        if is_new:
            self.callers[name] = self.create_client(kind, name)
            if not self.callers[name].wait_for_service(timeout_sec=10):
                raise SystemExit(f"no service {name}")
        for _ in range(5 if is_new else 1):
            future = self.callers[name].call_async(request)
            if self.spin(future.done, 3 if is_new else 15):
                return future.result()
        raise SystemExit(f"service {name} does not answer")

    def set(self, name, value):
        kinds = {
            bool: ("bool_value", ParameterType.PARAMETER_BOOL),
            float: ("double_value", ParameterType.PARAMETER_DOUBLE),
        }
        field, kind = kinds[type(value)]
        parameter = Parameter(name=name, value=ParameterValue(type=kind, **{field: value}))
        (result,) = self.call(
            SetParameters, "fusion_node/set_parameters", SetParameters.Request(parameters=[parameter])
        ).results
        return [result.successful, result.reason]

    def transition(self, name):
        request = ChangeState.Request()
        request.transition.id = TRANSITIONS[name]
        return self.call(ChangeState, "fusion_node/change_state", request).success

    def state(self):
        return self.call(GetState, "fusion_node/get_state", GetState.Request()).current_state.label


def stamp_of(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def collect(probe, pairs):
    """Listen to everything until all pairs of a replay have come out; tell what came."""
    rgb = []
    probe.create_subscription(Image, "rgb/image_raw", lambda m: rgb.append(stamp_of(m)), 1000)  # reliable: none is lost
    probe.listen(*IMAGES, "camera_info")

    def send_info():
        info = CameraInfo(height=HEIGHT, width=WIDTH)
        info.k[0] = 500.0
        probe.info.publish(info)

    def complete():
        came = [rgb, *(probe.results.get(name, ()) for name in (*IMAGES, "camera_info"))]
        return min(map(len, came)) >= int(pairs)

    probe.spin(complete, 30, send_info, 0.2)
    probe.spin(lambda: probe.number("results") >= int(pairs), 5)
    topics = {}
    first = min(rgb, default=0)
    strangers = {stamp_of(m) for messages in probe.results.values() for m in messages if stamp_of(m) > first} - set(rgb)
    for name, messages in probe.results.items():
        last = messages[-1]
        topics[name] = {
            "number": len(messages),
            "frame_id": last.header.frame_id,
            "size": [last.height, last.width],
        }
        if name == "camera_info":
            topics[name]["fx"] = last.k[0]
        else:
            data = np.frombuffer(last.data, np.uint8)
            topics[name] |= {"encoding": last.encoding, "step": last.step, "values": sorted(set(data.tolist()))[:40]}
    return {"topics": topics, "diagnostics": probe.diagnostics, "strangers": len(strangers), "rgb": len(rgb)}


def abuse(probe):
    """Send what must be refused, then show that the node still works, lazily and alone."""
    findings = {}
    grey, colour = np.full((HEIGHT, WIDTH), 200, np.uint8), np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    nan = np.full((HEIGHT, WIDTH), np.nan, np.float32)
    probe.spin(lambda: probe.number("pairs_matched") > 0, each=probe.send_pair)
    findings["idle_without_listeners"] = probe.spin(
        lambda: probe.number("idle") > 0 and probe.number("results") == 0, 5
    )

    def bad_messages():
        probe.send("rgb", colour, "purple8")
        probe.send("rgb", colour, "rgb8", data=array.array("B", b"123"))
        probe.send("rgb", colour, "rgb8", height=0, width=0, step=0, data=array.array("B"))
        probe.send("thermal", nan, "32FC1")
        probe.send("thermal", grey, "rgb8")

    probe.spin(
        lambda: probe.number("rejected_rgb") >= 6 and probe.number("rejected_thermal") >= 4,
        each=bad_messages,
        period=0.3,
    )
    findings["rejected"] = [probe.number("rejected_rgb"), probe.number("rejected_thermal")]
    probe.spin(lambda: "rejected" not in probe.message, 5)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    probe.create_subscription(Image, "fusion/image", lambda m: None, latched)  # can never match a volatile publisher
    probe.listen("mask")
    findings["alive"] = probe.spin(lambda: len(probe.results.get("mask", ())) >= 5, each=probe.send_pair)
    findings["refused"] = probe.set("sync.tolerance_ms", -5.0)
    findings["accepted"] = probe.set("sync.missing_after_ms", 100.0)
    findings["degraded"] = probe.spin(
        lambda: probe.number("degraded") >= 3, each=lambda: probe.send("rgb", colour, "rgb8")
    )
    findings["degraded_message"] = probe.message
    thermal_only = probe.spin(
        lambda: probe.results["mask"][-1].header.frame_id == "thermal_frame",
        each=lambda: probe.send("thermal", grey, "mono8"),
    )
    findings["thermal_only"] = thermal_only
    findings["failures"] = probe.number("failures")
    return findings


def raw_thermal(probe):
    """Send what thermal cameras send besides plain pictures: a NaN pixel, telemetry, a jump of the level, a shutter."""
    generator = np.random.default_rng(0)
    soft = np.add.outer(np.linspace(0, 300, HEIGHT), np.linspace(0, 700, WIDTH))
    findings = {}

    def send(level, spread=1.0, encoding="mono16", spoil=None):
        image = level + spread * soft + generator.normal(0, 3, soft.shape)  # noise: else it is a frozen picture
        image = image.astype(np.float32 if encoding == "32FC1" else np.uint16)
        if spoil is not None:
            image[spoil[0]] = spoil[1]
        stamp_ns = probe.get_clock().now().nanoseconds
        probe.send("thermal", image, encoding, stamp_ns)
        probe.send("rgb", generator.integers(80, 100, (HEIGHT, WIDTH, 3), np.uint8), "rgb8", stamp_ns)

    def levels():
        """Grey levels that the newest fused image spreads over; it has half of the thermal image's."""
        return int(np.ptp(np.percentile(np.frombuffer(probe.results["image"][-1].data, np.uint8), (5, 95))))

    def see(number, **what):
        """Send until so many more results have come."""
        end = len(probe.results.get("image", ())) + number
        return probe.spin(lambda: len(probe.results.get("image", ())) >= end, 20, lambda: send(**what))

    probe.listen("image")
    probe.spin(lambda: bool(probe.results), 30, probe.send_pair)
    probe.spin(lambda: probe.number("filled_thermal") > 3, 20, lambda: send(20.0, 0.02, "32FC1", ((9, 9), np.nan)))
    findings["filled"] = [probe.number("filled_thermal") > 3, probe.number("rejected_thermal")]
    telemetry = ((slice(0, 2)), 60_000)
    probe.spin(lambda: probe.diagnostics.get("thermal_dead_rows") == "0, 1", 20, lambda: send(20_000, spoil=telemetry))
    findings["dead_rows"] = probe.diagnostics.get("thermal_dead_rows")
    findings["levels"] = levels()
    see(4, level=27_000)  # those on their way at the jump among them
    findings["levels_after_jump"] = levels()
    degraded = probe.number("degraded")
    probe.spin(lambda: probe.number("thermal_shutter_frames") > 2, 20, lambda: send(25_000, 0.0))
    probe.spin(lambda: probe.number("degraded") > degraded, 5)
    findings["shutter"] = [probe.number("thermal_shutter_frames") > 2, probe.number("degraded") > degraded]
    see(3, level=27_000)
    findings["levels_after_shutter"] = levels()
    return findings


def time_jump(probe):
    """Play the same stretch of simulated time twice; both give results."""
    clock = probe.create_publisher(Clock, "/clock", 10)
    probe.listen("mask")
    outputs = [clock, *probe.camera.values()]
    probe.spin(lambda: all(o.get_subscription_count() for o in outputs) and probe.count_publishers("fusion/mask") > 0)
    probe.spin(lambda: bool(probe.results), 20, probe.send_pair)
    counts = []
    for _ in range(2):
        probe.results.clear()
        now = [100 * 10**9]  # what came before, by the wall clock, is far ahead: the first pass jumps as well

        def tick(now=now):
            now[0] += 50 * 10**6
            message = Clock()
            message.clock.sec, message.clock.nanosec = divmod(now[0], 10**9)
            clock.publish(message)
            probe.send_pair(now[0])

        probe.spin(lambda now=now: now[0] >= 102 * 10**9, 20, tick)
        counts.append(len(probe.results.get("mask", ())))
    probe.spin(lambda: probe.number("time_jumps") >= 1, 10, lambda: clock.publish(Clock()))
    return {
        "counts": counts,
        "time_jumps": probe.number("time_jumps"),
        "latency": probe.diagnostics.get("latency_ms_max"),
    }


def main():
    """Run the scenario named on the command line."""
    rclpy.init()
    probe = Probe()
    scenarios = {"collect": collect, "abuse": abuse, "lifecycle": lifecycle, "time_jump": time_jump}
    scenarios["raw_thermal"] = raw_thermal
    scenarios |= {"wrong_transitions": wrong_transitions, "late_parameters": late_parameters}
    scenarios |= SCENARIOS
    print(json.dumps(scenarios[sys.argv[1]](probe, *sys.argv[2:])))
    probe.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
