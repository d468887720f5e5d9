# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""The reports of demo, process, evaluate, compare and bench, made without running a model.

Names in them are hostile and long, classes many. ``python -m test.lab.pages.five_reports FOLDER`` takes pictures of
them as well, at the width of a desk and of a phone, by day and by night.
"""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from fusion_perception.demo.recording_document import StampedShares
from fusion_perception.demo.report import write_report as write_demo
from fusion_perception.demo.summary import summarise as summarise_demo
from fusion_perception.demo.video import write_video
from fusion_perception.demo.video_frame import VideoFrame
from fusion_perception.health import MapShares, RunEvent
from fusion_perception.lab.bench.document import BENCH
from fusion_perception.lab.bench.page import write_bench_page
from fusion_perception.lab.bench.timing import summarise
from fusion_perception.lab.comparison.document import COMPARISON
from fusion_perception.lab.comparison.grid import PairPictures
from fusion_perception.lab.comparison.page import write_comparison_page
from fusion_perception.lab.comparison.tables import comparison_tables
from fusion_perception.lab.data.dataset import PairDataset
from fusion_perception.lab.evaluation.document import evaluation_document
from fusion_perception.lab.evaluation.evaluator import Evaluator
from fusion_perception.lab.evaluation.report import write_report as write_evaluation
from fusion_perception.labels import MSRS9
from fusion_perception.processing.film import FilmPart
from fusion_perception.processing.pair_figures import PairFigures, PairsDocument
from fusion_perception.processing.report import write_report as write_processed
from fusion_perception.processing.results_folder import SUMMARY, BagSummary
from fusion_perception.render import contact_sheet
from test.demo.fake_run import RUN, recording
from test.lab.evaluation.scenes import PerfectMethod, write_dataset

DOCS = Path(__file__).parents[3] / "docs"
SECOND = 10**9
HOSTILE = "<img src=x onerror=nonsense()>&\"'"


def scene(number, height=96, width=128):
    """A picture in which something moves."""
    picture = np.full((height, width, 3), 40, np.uint8)
    cv2.circle(picture, (10 + 3 * number % width, height // 2), height // 6, (230, 200, 60), -1)
    return picture


def shares(number, classes):
    rng = np.random.default_rng(number)
    parts = rng.random(classes) ** 3
    parts[0] = 5 * parts.sum()
    parts /= parts.sum()
    thermal = [None, *(float(rng.random()) if rng.random() > 0.3 else None for _ in range(classes - 1))]
    return MapShares(
        tuple(map(float, parts)), tuple(thermal), {"thermal": 0.1 + 0.02 * number % 0.1, "rgb": float(parts[0]) / 4}
    )


def demo(folder):
    """A run of 12 s with drops and warnings."""
    frames = folder / "frames"
    frames.mkdir(parents=True)
    pictures = VideoFrame()
    for number in range(30):
        picture = scene(number)
        jpeg = pictures.jpeg([(picture, picture, picture), (scene(number, 160, 90), picture, picture)])
        (frames / f"{number:06d}.jpg").write_bytes(jpeg)
    write_video(sorted(frames.glob("*.jpg")), folder / "fused.mp4", 10.0)
    sheet = contact_sheet([[scene(3)] * 5], ["thermal", "RGB", "fused", "overlay", "attribution"], labels=MSRS9)
    cv2.imwrite(str(folder / "contact.png"), sheet)
    document = recording(pairs=120, results=110)
    stamps = document.topics["fusion/image"].stamps_ns
    document = replace(
        document,
        frames_ns=stamps[:30],
        classes=MSRS9.names,
        palette=MSRS9.palette,
        shares=tuple(StampedShares(stamp, shares(k, len(MSRS9))) for k, stamp in enumerate(stamps)),
        events=(
            RunEvent(stamps[20], "pair overtaken", "1, 1 so far"),
            RunEvent(stamps[60], "warning", f"running; the picture of {HOSTILE} stands still " + "for long " * 20),
        ),
    )
    run = replace(RUN, source=f"/home/{HOSTILE}/a very long path/" + "x" * 80, warnings=(HOSTILE,))
    write_demo(folder / "report.html", summarise_demo(document, run), document)
    return folder / "report.html"


def process(folder):
    """A bag of 40 classes of long names, with failures, in which a camera is out for a while."""
    folder.mkdir(parents=True)
    names = ("background", *(f"a class of a rather long name {k} {HOSTILE}" for k in range(1, 40)))
    film = FilmPart(folder / "film.mp4")
    for number in range(58):
        film.add(np.concatenate([cv2.resize(scene(number), (256, 192))] * 3, axis=1))
    film.close()
    pairs = []
    for number in range(60):
        found = shares(number, 40)
        pairs.append(
            PairFigures(
                stamp_ns=number * SECOND // 10,
                offset_ms=None if 30 < number < 35 else 4 * np.sin(number / 6) - 1,
                ms=40.0 + number % 7,
                engine_ms=30.0 + number % 5,
                missing="thermal" if 30 < number < 35 else "",
                failure=f"thermal {HOSTILE} is odd" if number in {7, 41} else "",
                thermal_share=0.4,
                class_shares=found.class_shares,
                class_thermal=found.class_thermal,
                reversed_without=found.reversed_without,
            )
        )
    palette = tuple((5 * k, 250 - 6 * k, (90 * k) % 255) for k in range(40))
    events = (RunEvent(2 * SECOND, "damaged thermal images", "1, 1 so far"),)
    summary = BagSummary(
        SUMMARY.name, SUMMARY.version, f"/bags/{HOSTILE}", "f", 60, 2, "odd", ("a_0.mcap",), {"fusion/image": 58},
        (f"{HOSTILE}: left out 1 of 61 images",), {"model": "realtime", "backend": "onnxruntime", "device": "cpu"},
    )  # fmt: skip
    write_processed(folder, summary, PairsDocument(classes=names, pairs=tuple(pairs), palette=palette, events=events))
    return folder / "report.html"


def evaluate(folder):
    """Four pairs with labels."""
    evaluator = Evaluator(PairDataset(write_dataset(folder / "data")))
    method = PerfectMethod(evaluator.dataset)
    document = evaluation_document(evaluator.dataset, method, evaluator.run(method), "fusion")
    return write_evaluation(folder / "report", [replace(document, notes=(HOSTILE,))], evaluator, method)


def compare(folder):
    """The published comparison, with pictures in portrait."""
    folder.mkdir(parents=True)
    document = COMPARISON.read_file(DOCS / "comparisons" / "cpu-budget.json")
    pairs = []
    for number in range(3):
        picture = scene(8 * number, 200, 120)
        made = {row.name: picture for row in document.methods}
        pairs.append(PairPictures(f"pair {number} {HOSTILE}", picture[..., 0], picture, picture, made, made))
    write_comparison_page(folder / "report.html", document, comparison_tables(document), pairs, MSRS9)
    return folder / "report.html"


def bench(folder):
    """The published benchmark, whose calls became slower."""
    folder.mkdir(parents=True)
    document = BENCH.read_file(DOCS / "benchmarks" / "cpu-2-cores.json")
    results = []
    for result in document.results:
        base = result.latency_ms.p50
        results.append(replace(result, latency_ms=summarise([base * (1 + 0.003 * k) for k in range(100)])))
    write_bench_page(folder / "bench.html", replace(document, results=tuple(results)))
    return folder / "bench.html"


REPORTS = {"demo": demo, "process": process, "evaluate": evaluate, "compare": compare, "bench": bench}


def main():
    """Make all reports and pictures of them."""
    from test.lab.pages.browser import DESKTOP, PHONE, Browser

    folder = Path(sys.argv[1]).absolute()
    wanted = sys.argv[2:] or list(REPORTS)
    browser = Browser()
    for name in wanted:
        page = REPORTS[name](folder / name)
        for size, dark in ((DESKTOP, False), (PHONE, False), (DESKTOP, True)):
            browser.open(page, size, dark=dark)
            browser.picture(folder / f"{name}-{size[0]}{'-dark' * dark}.png")
        print(page, page.stat().st_size, browser.complaints)
    browser.close()


if __name__ == "__main__":
    main()
