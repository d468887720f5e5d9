# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Peak memory of the demonstration, or of ``process``, over folders of few and of many large pairs.

``python -m test.demo.memory_peak demo --pairs 12 36 --size 1920x1080`` prints one JSON line for each number of pairs:
the peak of each process and of all together, in MB of proportional set size (pages that processes share count once).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

LOOK_S = 0.1


def write_folder(folder, pairs, width, height):
    """Write pairs that are cheap to read: smooth pictures with a moving square."""
    rows, columns = np.mgrid[0:height, 0:width]
    ground = ((rows * 160 // height + columns * 60 // width) % 200).astype(np.uint8)
    for kind in ("vi", "ir"):
        (folder / kind).mkdir(parents=True)
    for number in range(pairs):
        picture = ground.copy()
        picture[height // 3 : height // 2, number * 8 : number * 8 + width // 10] = 255
        cv2.imwrite(str(folder / "ir" / f"{number:04}.jpg"), picture)
        cv2.imwrite(str(folder / "vi" / f"{number:04}.jpg"), cv2.applyColorMap(picture, cv2.COLORMAP_OCEAN))


def family(pid):
    """Return a process and all that came of it, by their ids."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def look(pid):
    """Return what a process is called, and its proportional set size in bytes."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    modules = [word for word in words if word.startswith("fusion_perception.")]
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    (line,) = [line for line in rollup.splitlines() if line.startswith("Pss:")]
    return (modules or words)[0].rpartition(".")[2], int(line.split()[1]) * 1024


def peaks(command):
    """Run a command; returns the peak of each program and of all together, in MB, and the seconds it took."""
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    highest, together = {}, 0
    try:
        while child.poll() is None:
            total = 0
            for pid in family(child.pid):
                with suppress(OSError, ValueError, IndexError):
                    name, size = look(pid)
                    highest[name] = max(highest.get(name, 0), size)
                    total += size
            together = max(together, total)
            time.sleep(LOOK_S)
    finally:
        child.kill()
        text = child.communicate()[0]
    if child.returncode:
        raise SystemExit(text)
    megabytes = {name: round(size / 1e6) for name, size in sorted(highest.items())}
    return {**megabytes, "together": round(together / 1e6), "seconds": round(time.monotonic() - started, 1)}


def main():
    """Measure, and print a line for each number of pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("demo", "process"))
    parser.add_argument("--pairs", type=int, nargs="+", default=[12, 36])
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--rate", default="2")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    for pairs in arguments.pairs:
        with tempfile.TemporaryDirectory() as folder:
            data, out = f"{folder}/data", f"{folder}/out"
            write_folder(Path(data), pairs, width, height)
            command = [sys.executable, "-m", "fusion_perception.cli", arguments.verb, "--out", out]
            if arguments.verb == "demo":
                command += ["--data", data, "--rate", arguments.rate]
            else:
                command += [data, "--jobs", "1"]
            print(json.dumps({"pairs": pairs, "size": arguments.size, **peaks(command)}), flush=True)


if __name__ == "__main__":
    main()
