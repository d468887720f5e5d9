# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""Tests of a page with charts and player in a real Chromium: its script runs, keys and touches do what they say."""

import numpy as np
import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")

from fusion_perception.lab.pages.page import render_page
from fusion_perception.lab.pages.player import Player, picture_player
from fusion_perception.lab.pages.plot import BLUE
from fusion_perception.lab.pages.timeline import Curve, event_chart, time_chart

pytestmark = pytest.mark.slow

TEMPLATE = """{% extends "base.html.j2" %}{% import "player.html.j2" as player %}{% block title %}T{% endblock %}
{% block body %}{{ player.player(shown, "pictures") }}<div class="charts">{{ charts | safe }}</div>{% endblock %}"""

LINES = '[...document.querySelectorAll(".now")].map((line) => Math.round(Number(line.getAttribute("x1"))))'
SAID = 'document.querySelector("output").textContent'


def pictures(*names):
    made = [np.full((30, 40, 3), 60 * k, np.uint8) for k in range(3)]
    return picture_player(made, names or ("first", "second", "<b>third"), (0.0, 1.0, 4.0))


@pytest.fixture
def page(tmp_path):
    def made(shown):
        (tmp_path / "own.html.j2").write_text(TEMPLATE)
        curve = Curve("c", BLUE, [(0.0, 1.0), (4.0, 2.0)])
        charts = time_chart("T", [curve], last=4, up="ms") + event_chart("E", {"failed": [(1, "x")]}, last=4)
        path = tmp_path / "page.html"
        path.write_text(render_page(tmp_path / "own.html.j2", shown=shown, charts=charts), "utf-8")
        return path

    return made


def test_the_script_runs_and_nothing_complains(browser, page):
    browser.open(page(pictures()))
    assert browser.complaints == []
    assert browser.run(SAID) == "first, 1 of 3"
    assert browser.run(LINES) == [56, 56], "a line in each chart, at the first moment"


def test_a_complaint_and_a_fetch_would_be_heard(browser, page):
    browser.open(page(pictures()))
    browser.run("setTimeout(() => nonsense()); fetch('http://127.0.0.1:9/x').catch(() => 0)")
    assert any("nonsense is not defined" in line for line in browser.complaints)
    assert "http://127.0.0.1:9/x" in browser.fetched


def test_the_scrubber_moves_the_lines_and_shows_the_picture(browser, page):
    browser.open(page(pictures()))
    before = browser.run('document.querySelector(".player img").src')
    browser.run('const s = document.querySelector("input"); s.value = 2; s.dispatchEvent(new Event("input"));')
    assert browser.run(SAID) == "<b>third, 3 of 3"
    assert len(set(browser.run(LINES))) == 1 and browser.run(LINES)[0] > 350
    assert browser.run('document.querySelector(".player img").src') != before
    assert browser.complaints == []


def test_a_touch_of_a_chart_goes_there(browser, page):
    browser.open(page(pictures()))
    x, y, width = browser.run(
        'const c = document.querySelector(".timed svg"); c.scrollIntoView({ block: "center", behavior: "instant" });'
        "const b = c.getBoundingClientRect(); [b.left, b.top, b.width]"
    )
    browser.click(x + width * 0.33, y + 60)
    assert browser.run(SAID) == "second, 2 of 3"


def test_the_keyboard_does_everything(browser, page):
    browser.open(page(pictures()))
    browser.press("Tab")
    assert browser.run("document.activeElement.getAttribute('aria-label')") == "one frame back"
    for key, expected in (
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("Home", 1),
        ("End", 3),
    ):
        browser.press(key)
        assert browser.run(SAID).endswith(f" {expected} of 3"), key
    browser.run('document.querySelector("input").focus()')
    browser.press(" ", "Space", " ")
    assert browser.run('document.querySelector("[data-play]").getAttribute("aria-label")') == "stop"
    browser.wait(f'{SAID}.endsWith("3 of 3") && document.querySelector("[data-play]").ariaLabel === "play"')
    assert browser.complaints == []
    slider = "document.querySelector('input').getAttribute('aria-valuetext')"
    assert browser.run(slider) == browser.run(SAID)


def test_times_between_those_that_are_there_are_reckoned(browser, page):
    shown = Player("data:,", 10, 9, (0.0, 1.0, 4.0), 4)
    browser.open(page(shown))
    for frame, seconds in ((2, "0.50"), (4, "1.00"), (6, "2.50"), (8, "4.00")):
        browser.run(f'document.querySelector("input").value = {frame};')
        browser.run('document.querySelector("input").dispatchEvent(new Event("input"))')
        assert browser.run(SAID) == f"{seconds} s, {frame + 1} of 9"
