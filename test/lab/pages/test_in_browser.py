# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a page with charts and player in a real Chromium: its script runs, nothing complains, a phone shows all."""

import re
import shutil
import subprocess

import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")

from fusion_perception.lab.pages.page import render_page
from fusion_perception.lab.pages.plot import BLUE
from fusion_perception.lab.pages.timeline import Curve, event_chart, time_chart

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 120

pytestmark = pytest.mark.slow
if CHROMIUM is None:
    pytest.skip("there is no Chromium here; apt install chromium", allow_module_level=True)

TEMPLATE = """{% extends "base.html.j2" %}{% import "player.html.j2" as player %}{% block title %}T{% endblock %}
{% block body %}{{ player.player(film, 10, times) }}<div class="charts">{{ charts | safe }}</div>
<script>addEventListener("DOMContentLoaded", () => { SCRIPT
  document.title = document.documentElement.scrollWidth + " of " + innerWidth; });</script>{% endblock %}"""


@pytest.fixture
def opened(tmp_path):
    """Open a page with a player of three frames; returns its elements afterwards, and what was complained of."""

    def run(script="", width=1280):
        (tmp_path / "own.html.j2").write_text(TEMPLATE.replace("SCRIPT", script))
        curve = Curve("c", BLUE, [(0.0, 1.0), (4.0, 2.0)])
        charts = time_chart("T", [curve], last=4, up="ms") + event_chart("E", {"failed": [(1, "x")]}, last=4)
        (tmp_path / "page.html").write_text(
            render_page(tmp_path / "own.html.j2", film="data:,", times=[0.0, 1.0, 4.0], charts=charts), "utf-8"
        )
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
        command += [f"--window-size={width},900", f"--user-data-dir={tmp_path / 'profile'}"]
        command += ["--virtual-time-budget=3000", (tmp_path / "page.html").as_uri()]
        result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        complaints = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
        return result.stdout, complaints

    return run


def lines(page):
    return [float(x) for x in re.findall(r'class="now"[^>]* x1="([\d.]+)"', page)]


def test_the_script_runs_and_nothing_complains(opened):
    page, complaints = opened()
    assert complaints == []
    assert "0.00 s, 1 of 3" in page
    assert lines(page) == [56, 56], "a line in each chart, at the first moment"


def test_a_complaint_would_be_heard(opened):
    _, complaints = opened("nonsense();")
    assert any("nonsense is not defined" in line for line in complaints)


def test_the_scrubber_moves_the_lines(opened):
    page, complaints = opened(
        'const s = document.querySelector(".player input"); s.value = 2; s.dispatchEvent(new Event("input"));'
    )
    assert complaints == [] and "4.00 s, 3 of 3" in page
    assert len(set(lines(page))) == 1 and lines(page)[0] > 350


def test_a_touch_of_a_chart_goes_there(opened):
    page, complaints = opened(
        'const v = document.querySelector(".timed svg"), b = v.getBoundingClientRect();'
        'v.dispatchEvent(new MouseEvent("click", { clientX: b.left + b.width * 0.33, clientY: b.top + 60 }));'
    )
    assert complaints == [] and "1.00 s, 2 of 3" in page


def test_a_phone_needs_no_scrolling_across(opened):
    page, _ = opened(width=500)  # Chromium opens no narrower window
    wide, window = re.search(r"<title>(\d+) of (\d+)</title>", page).groups()
    assert int(wide) <= int(window)
