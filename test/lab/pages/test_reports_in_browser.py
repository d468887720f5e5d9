# Copyright 2026 The fusion_perception authors
# SPDX-License-Identifier: Apache-2.0
"""All five reports in a real Chromium: no complaint, nothing fetched, at the width of a desk and of a phone."""

import pytest

pytest.importorskip("jinja2", reason="pages are made by jinja2")
pytest.importorskip("av", reason="films are made by av")

from test.lab.pages.browser import DESKTOP, PHONE
from test.lab.pages.five_reports import HOSTILE, REPORTS

pytestmark = pytest.mark.slow

SAID = 'document.querySelector("output").textContent'


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    return {name: make(folder / name) for name, make in REPORTS.items()}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_opens_without_complaint_and_without_scrolling_across(browser, pages, name, size, dark):
    browser.open(pages[name], size, dark=dark)
    assert browser.complaints == []
    own = pages[name].as_uri()
    others = [url for url in browser.fetched if url != own and not url.startswith(("data:", "blob:"))]
    assert others == [], "something is fetched from elsewhere"
    assert browser.run("document.documentElement.scrollWidth") <= size[0]
    assert browser.run("innerWidth") == size[0]
    # A chart that is a little too wide would scroll inside.
    assert browser.run('[...document.querySelectorAll(".chart")].every((c) => c.scrollWidth <= c.clientWidth + 1)')
    paper = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") != dark


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "bench"])
def test_the_player_of_a_report_moves_by_its_keys(browser, pages, name):
    browser.open(pages[name], PHONE)
    browser.run('document.querySelector(".player input").focus()')
    browser.press("ArrowRight")
    assert ", 2 of " in browser.run(SAID)
    browser.press("End")
    count = browser.run(SAID).rpartition(" ")[2]
    assert f", {count} of {count}" in browser.run(SAID) and int(count) > 2
    lines = browser.run('[...document.querySelectorAll(".now")].map((line) => Number(line.getAttribute("x1")))')
    assert (name == "compare" and lines == []) or min(lines) > 60
    assert browser.complaints == []


@pytest.mark.parametrize("name", ["demo", "process"])
def test_the_film_of_a_report_plays(browser, pages, name):
    browser.open(pages[name])
    browser.wait('document.querySelector("video").readyState >= 2')
    assert browser.run('document.querySelector("video").videoWidth') > 700
    browser.run('document.querySelector("[data-play]").click()')
    browser.wait('document.querySelector("video").currentTime > 0.25')
    browser.run('document.querySelector("[data-play]").click()')
    assert browser.run('document.querySelector("video").paused') and not browser.run(SAID).endswith(" 1 of 30")


@pytest.mark.parametrize("name", ["demo", "process", "compare"])
def test_a_hostile_name_is_shown_as_it_is(browser, pages, name):
    browser.open(pages[name])
    assert HOSTILE.partition("&")[0] in browser.run("document.body.textContent")
    assert browser.run('document.querySelectorAll("img[onerror]").length') == 0
