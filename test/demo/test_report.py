# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of the report: self-contained, complete, and no way in for text from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import cv2
import numpy as np

from fusion_perception.demo.recording_document import StampedShares
from fusion_perception.demo.report import write_report
from fusion_perception.demo.summary import summarise
from fusion_perception.health import MapShares, RunEvent

from .fake_run import RUN, recording

VOID = {"meta", "link", "img", "br", "input"}


class Page(HTMLParser):
    """Checks that tags are closed in order and collects what the page refers to."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.tags, self.text = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(path):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    assert page.open == []
    return page


def test_the_report_is_one_file_with_everything_inside(tmp_path):
    cv2.imwrite(str(tmp_path / "contact.png"), np.full((20, 30, 3), 90, np.uint8))
    (tmp_path / "fused.mp4").write_bytes(b"not really a video")
    document = recording(pairs=100, results=98)
    document = replace(document, frames_ns=document.topics["fusion/image"].stamps_ns)
    write_report(tmp_path / "report.html", summarise(document, RUN), document)
    page = read(tmp_path / "report.html")
    assert len(page.links) == 3, "icon, picture, film"
    assert all(link.startswith("data:") for link in page.links), "something is loaded from outside"
    assert {"img", "video", "svg"} <= set(page.tags)
    assert page.tags.count("circle") == 98 + 100, "a dot for each latency, and one for each offset"
    text = " ".join(" ".join(page.text).split())
    for words in ("Every pair was matched", "fusion/image", "CPUExecutionProvider", "50 of 98 recorded results"):
        assert words in text
    assert not re.search(r"https?://", (tmp_path / "report.html").read_text())


def test_the_film_has_a_scrubber_that_knows_the_moment_of_each_frame(tmp_path):
    (tmp_path / "fused.mp4").write_bytes(b"not really a video")
    document = recording(pairs=4, results=4)
    stamps = document.topics["fusion/image"].stamps_ns
    document = replace(document, frames_ns=stamps[:2])
    write_report(tmp_path / "report.html", summarise(document, RUN), document)
    text = (tmp_path / "report.html").read_text()
    assert '"times": [0.0, 0.1]' in text and 'type="range"' in text and 'class="chart timed"' in text


def test_pairs_without_a_result_and_offsets_are_drawn(tmp_path):
    document = recording(pairs=10, results=7)
    thermal = document.topics["thermal/image_raw"]
    late = replace(thermal, stamps_ns=tuple(stamp + 4_000_000 for stamp in thermal.stamps_ns))
    document = replace(document, topics={**document.topics, "thermal/image_raw": late})
    write_report(tmp_path / "report.html", summarise(document, RUN), document)
    text = (tmp_path / "report.html").read_text()
    assert "image without a result: 3" in text and "Nearest thermal stamp minus RGB stamp" in text


def test_a_run_without_pictures_or_results_still_has_a_report(tmp_path):
    document = recording(pairs=10, results=0)
    write_report(tmp_path / "report.html", summarise(document, RUN), document)
    page = read(tmp_path / "report.html")
    assert not {"img", "video"} & set(page.tags)
    assert any("no result came back" in text for text in page.text)
    assert "image without a result: 10" in page.text and any("No result, no latency" in text for text in page.text)


def test_text_from_outside_is_escaped(tmp_path):
    document = recording()
    document = replace(
        document,
        diagnostics={**document.diagnostics, "model": "<script>alert(1)</script>"},
        topics={**document.topics, "<img src=x>": document.topics["fusion/image"]},
    )
    run = replace(RUN, source="<b>", warnings=("fusion: <iframe>",))
    write_report(tmp_path / "report.html", summarise(document, run), document)
    page = read(tmp_path / "report.html")
    assert not {"script", "img", "iframe"} & set(page.tags)
    assert page.tags.count("b") == 7, "those of the cards"
    assert any("<script>alert(1)</script>" in text for text in page.text)


def test_shares_warnings_and_what_the_node_counts_are_on_the_time_line(tmp_path):
    document = recording(pairs=10, results=10)
    stamps = document.topics["fusion/image"].stamps_ns
    shares = tuple(StampedShares(s, MapShares((0.7, 0.3), (None, 0.6), {"thermal": 0.2, "rgb": 0.1})) for s in stamps)
    events = (RunEvent(stamps[3], "pair overtaken", "1, 1 so far"), RunEvent(stamps[5], "warning", "thermal <frozen>"))
    document = replace(document, classes=("road", "car"), palette=((0, 0, 0), (9, 9, 9)), shares=shares, events=events)
    write_report(tmp_path / "report.html", summarise(document, RUN), document)
    text = (tmp_path / "report.html").read_text()
    for words in ("pair overtaken: 1", "warning: 1", "Share of each class", "Thermal share of", "Decisions that would"):
        assert words in text
    assert "0.5 s</th><td>thermal &lt;frozen&gt;" in text


def test_a_report_of_a_long_run_stays_small(tmp_path):
    document = recording(pairs=50_000, results=50_000)
    write_report(tmp_path / "report.html", summarise(document, RUN), document)
    assert (tmp_path / "report.html").stat().st_size < 1_000_000


def test_images_of_a_faster_rgb_camera_are_not_said_to_lack_a_result(tmp_path):
    document = recording(pairs=90, results=90)
    rgb, thermal = document.topics["rgb/image_raw"], document.topics["thermal/image_raw"]
    every = slice(0, 90, 3)
    thermal = replace(thermal, stamps_ns=thermal.stamps_ns[every], published_ns=thermal.published_ns[every])
    results = replace(rgb, stamps_ns=rgb.stamps_ns[every][:-2], published_ns=rgb.published_ns[every][:-2])
    topics = {"thermal/image_raw": thermal, "rgb/image_raw": rgb, "fusion/image": results}
    document = replace(document, topics=topics)
    write_report(tmp_path / "report.html", summarise(document, RUN), document)
    assert "image without a result: 2" in (tmp_path / "report.html").read_text()
